//! The program `gateway`: `serve`, `check`, `healthcheck`.

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use gateway::{Gateway, Settings, Source, check};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A request takes some twenty small pieces of memory and gives them back on the same thread, which this one is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// The public door of `MotoVaultPro`.
#[derive(Parser)]
#[command(name = "gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C.
    Serve {
        /// A settings file on top of config/gateway/production.yml.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Say whether the settings can be used, and if not, where and why.
    Check {
        /// A settings file on top of config/gateway/production.yml.
        file: Option<PathBuf>,
    },
    /// Ask a gateway on this machine whether it serves; exit code 0 if so.
    Healthcheck {
        /// As given to serve.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve { config } => serve(config.as_deref()),
        Command::Check { file } => check_settings(file.as_deref()),
        Command::Healthcheck { config } => healthcheck(config.as_deref()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_to(&mut std::io::stderr(), &format!("gateway: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(service::settings::load("gateway", file)?)
}

/// The settings as files, and how they are read.
fn source(file: Option<&Path>) -> Source {
    let again = file.map(Path::to_owned);
    Source::new(service::settings::files("gateway", file), move || {
        settings(again.as_deref()).map_err(|error| format!("{error:#}"))
    })
}

fn serve(file: Option<&Path>) -> anyhow::Result<()> {
    let source = source(file);
    let settings = settings(file)?;
    let telemetry = service::telemetry::init("gateway", VERSION)?;
    // Requests are served by threads of their own; this one accepts, and answers the operator.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let gateway = Gateway::start_from(&settings, Some(source), std::io::stdout()).await?;
        tracing::info!(address = %gateway.address, admin = %gateway.admin_address, "serving");
        service::shutdown::signal().await;
        tracing::info!("stopping");
        gateway.stop().await;
        tracing::info!("stopped");
        anyhow::Ok(())
    })?;
    telemetry.shutdown();
    Ok(())
}

fn check_settings(file: Option<&Path>) -> anyhow::Result<()> {
    let found = settings(file).map_err(|error| format!("{error:#}"));
    let reason = match found {
        Ok(settings) => check::problems(&settings),
        Err(reason) => Some(reason),
    };
    let Some(reason) = reason else {
        say_to(&mut std::io::stdout(), "the settings are usable");
        return Ok(());
    };
    let found = source(file).locate(reason);
    match (found.file, found.line) {
        (Some(file), Some(line)) => bail!("{}:{line}: {}", file.display(), found.reason),
        _ => bail!(found.reason),
    }
}

fn healthcheck(file: Option<&Path>) -> anyhow::Result<()> {
    let listen = settings(file)?.listen;
    let host = match listen.host {
        any if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host => host,
    };
    let address = SocketAddr::new(host, listen.port);
    let mut socket = TcpStream::connect_timeout(&address, HEALTHCHECK_TIMEOUT)
        .with_context(|| format!("nothing listens on {address}"))?;
    socket.set_read_timeout(Some(HEALTHCHECK_TIMEOUT))?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes())?;
    let mut status = String::new();
    BufReader::new(socket).read_line(&mut status)?;
    if !status.starts_with("HTTP/1.1 200 ") {
        bail!("{address} answers {:?}", status.trim_end());
    }
    Ok(())
}

/// A closed terminal is no reason to fail.
fn say_to(sink: &mut impl Write, text: &str) {
    let _ = writeln!(sink, "{text}");
}
