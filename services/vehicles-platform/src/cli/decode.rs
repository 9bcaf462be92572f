//! `decode`: VINs on the command line, with the core that serves.

use super::CliError;
use crate::features::etl::{self, EtlError, SourceAddress};
use crate::features::vin::{self, Decoding, Question};
use crate::settings::{SERVICE, Settings};
use contracts::vin::VinQuestion;
use jiff::civil::Date;
use pg::Db;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use vin_decoder::{AsOf, Index, decode};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// VINs.
    #[arg(required_unless_present = "file")]
    vins: Vec<String>,
    /// A file with a VIN a line, each with its model year behind a comma if it is known; `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "vins")]
    file: Option<PathBuf>,
    /// The model year of all of them that bring none of their own.
    #[arg(long)]
    model_year: Option<i32>,
    /// One answer a line. A line that is no VIN is answered by an error.
    #[arg(long)]
    ndjson: bool,
    /// Every public variable of vPIC, with its source.
    #[arg(long)]
    attributes: bool,
    /// The day that counts as now; the end of the release's month by default.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Decodes with this dump instead of the release that is live; no database is needed.
    #[arg(long, value_name = "FILE")]
    dump: Option<String>,
}

pub(super) async fn run(settings: Option<&Path>, args: Args) -> Result<(), CliError> {
    if let Some(dump) = &args.dump {
        let address = SourceAddress::parse(dump).map_err(EtlError::from)?;
        let (index, month) = etl::vin_index_of(&address, &etl::EtlSettings::default()).await?;
        let month = month.map(|month| month.to_string());
        return decode_all(&index, month.as_deref(), None, &args);
    }
    let settings = Settings::load(settings)?;
    let decoding = Decoding::new(Db::new(&settings.database, SERVICE)?);
    let served = decoding.release().await?;
    let live = &served.live;
    decode_all(&served.content, Some(&live.month), Some(&live.label), &args)
}

/// A dump whose name has no month is decoded as of today.
fn decode_all(
    index: &Index,
    month: Option<&str>,
    release: Option<&str>,
    args: &Args,
) -> Result<(), CliError> {
    let as_of = match (args.as_of, month) {
        (Some(date), _) => day(date),
        (None, Some(month)) => vin::as_of(month),
        (None, None) => day(jiff::Zoned::now().date()),
    };
    let mut job = Job {
        index,
        release: release.or(month).unwrap_or("unknown"),
        as_of,
        args,
        out: BufWriter::new(std::io::stdout().lock()),
    };
    match &args.file {
        None => {
            for vin in &args.vins {
                job.decode(vin)?;
            }
        }
        Some(path) if path.as_os_str() == "-" => job.decode_lines(std::io::stdin().lock())?,
        Some(path) => job.decode_lines(BufReader::new(File::open(path)?))?,
    }
    Ok(job.out.flush()?)
}

fn day(date: Date) -> AsOf {
    let small = |number: i8| u8::try_from(number).unwrap_or(1);
    AsOf::date(
        i32::from(date.year()),
        small(date.month()),
        small(date.day()),
    )
}

struct Job<'a, W> {
    index: &'a Index,
    release: &'a str,
    as_of: AsOf,
    args: &'a Args,
    out: W,
}

impl<W: Write> Job<'_, W> {
    fn decode_lines(&mut self, lines: impl BufRead) -> Result<(), CliError> {
        for line in lines.lines() {
            let line = line?;
            if !line.trim().is_empty() {
                self.decode(&line)?;
            }
        }
        Ok(())
    }

    fn decode(&mut self, line: &str) -> Result<(), CliError> {
        let question = self.question(line);
        match question {
            Ok(question) => {
                let decoded = decode(self.index, &question.vin, &question.options(self.as_of));
                let answer = vin::answer(&decoded, self.release, self.args.attributes);
                if self.args.ndjson {
                    serde_json::to_writer(&mut self.out, &answer).map_err(std::io::Error::from)?;
                } else {
                    serde_json::to_writer_pretty(&mut self.out, &answer)
                        .map_err(std::io::Error::from)?;
                }
            }
            Err(error) if self.args.ndjson => {
                let line = serde_json::json!({ "error": error.to_string() });
                write!(self.out, "{line}")?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(self.out.write_all(b"\n")?)
    }

    fn question(&self, line: &str) -> Result<Question, vin::VinError> {
        let (text, year) = line.split_once(',').unwrap_or((line, ""));
        let question = if year.trim().is_empty() {
            let vin = text.to_owned();
            let model_year = self.args.model_year;
            Question::of_body(&VinQuestion { vin, model_year })
        } else {
            Question::of_path(text, Some(year.trim()))
        };
        Ok(question?)
    }
}
