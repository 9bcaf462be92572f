//! Cuts the text of a dump into statements, knowing quotes, dollar quotes and comments.

use super::super::SourceError;

/// The comment that `pg_dump` writes last. Without it the file was cut off.
const END_OF_DUMP: &[u8] = b"-- PostgreSQL database dump complete";
/// Only `CREATE TABLE` and `COPY` are wanted, and they are short; a longer statement is passed over unread.
const LONGEST_STATEMENT_BYTES: usize = 256 * 1024;

#[derive(Debug, Default, PartialEq)]
enum Inside {
    #[default]
    Nothing,
    /// `'…'` or `"…"`.
    Quotes(u8),
    /// `$tag$…$tag$`, the delimiter with its dollars.
    Dollars(Vec<u8>),
    /// `/* … */`
    Comment,
}

#[derive(Default)]
pub(super) struct StatementSplitter {
    text: Vec<u8>,
    inside: Inside,
    ended: bool,
}

impl StatementSplitter {
    /// Takes the next line and returns the statements that end in it.
    pub(super) fn push_line(&mut self, line: &[u8]) -> Result<Vec<String>, SourceError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let between_statements = self.inside == Inside::Nothing && self.text.is_empty();
        if between_statements {
            self.ended |= line == END_OF_DUMP;
            // `\restrict` and its like are for psql.
            if line.is_empty() || line.starts_with(b"--") || line.starts_with(b"\\") {
                return Ok(Vec::new());
            }
        }
        let mut statements = Vec::new();
        let mut rest = line;
        while let Some(&byte) = rest.first() {
            let in_comment = self.inside == Inside::Comment;
            let taken = self.step(byte, rest);
            let (piece, behind) = rest.split_at(taken.min(rest.len()));
            rest = behind;
            let comment = in_comment || self.inside == Inside::Comment || piece.starts_with(b"--");
            if self.inside == Inside::Nothing && piece == b";" {
                statements.push(self.take_statement()?);
            } else if !comment && self.text.len() < LONGEST_STATEMENT_BYTES {
                self.text.extend_from_slice(piece);
            }
        }
        if !self.text.is_empty() {
            self.text.push(b'\n');
        }
        Ok(statements)
    }

    /// Whether the comment that ends every complete dump has come.
    pub(super) fn saw_end_of_dump(&self) -> bool {
        self.ended
    }

    /// How many bytes the next piece takes; a string or a comment is entered or left by it.
    fn step(&mut self, byte: u8, rest: &[u8]) -> usize {
        match &self.inside {
            Inside::Nothing => match byte {
                b'\'' | b'"' => self.inside = Inside::Quotes(byte),
                b'-' if rest.starts_with(b"--") => return rest.len(),
                b'/' if rest.starts_with(b"/*") => {
                    self.inside = Inside::Comment;
                    return 2;
                }
                b'$' => {
                    if let Some(delimiter) = dollar_delimiter(rest) {
                        let length = delimiter.len();
                        self.inside = Inside::Dollars(delimiter.to_vec());
                        return length;
                    }
                }
                _ => {}
            },
            // A doubled quote leaves and enters again, which comes to the same.
            Inside::Quotes(quote) if byte == *quote => self.inside = Inside::Nothing,
            Inside::Dollars(delimiter) if rest.starts_with(delimiter) => {
                let length = delimiter.len();
                self.inside = Inside::Nothing;
                return length;
            }
            Inside::Comment if rest.starts_with(b"*/") => {
                self.inside = Inside::Nothing;
                return 2;
            }
            Inside::Quotes(_) | Inside::Dollars(_) | Inside::Comment => {}
        }
        1
    }

    fn take_statement(&mut self) -> Result<String, SourceError> {
        let text = std::mem::take(&mut self.text);
        if text.len() >= LONGEST_STATEMENT_BYTES {
            return Ok(String::new());
        }
        String::from_utf8(text)
            .map(|text| text.trim().to_owned())
            .map_err(|_| SourceError::NotUtf8)
    }
}

/// `$$` or `$tag$` at the start of the text.
fn dollar_delimiter(text: &[u8]) -> Option<&[u8]> {
    let (_, tail) = text.split_first()?;
    let tag = tail
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    (tail.get(tag) == Some(&b'$')).then(|| text.get(..tag + 2))?
}
