#![doc = include_str!("../README.md")]

pub mod outbox;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// Where mail is handed in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// The server's name.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(default)]
    pub tls: Encryption,
    /// Who signs in; nobody by default.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

/// How the connection to the server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// From its first byte.
    #[default]
    Implicit,
    /// After a greeting in the clear, or not at all used.
    Starttls,
    /// Not: for a server on this machine.
    None,
}

/// How a service's mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// The sender.
    pub from: String,
    /// Where it is handed in.
    pub smtp: SmtpSettings,
}

/// A mail in plain text.
#[derive(Debug, Clone)]
pub struct Message {
    /// Whom it is for.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Why mail cannot be sent, or was not.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender's address is none.
    #[error("the sender's address is not usable")]
    Sender(#[source] lettre::address::AddressError),
    /// The recipient's address is none, or the text is not acceptable.
    #[error("the mail cannot be put together")]
    Message,
    /// Mail would go over a network unencrypted.
    #[error("tls: none is for an SMTP server on this machine")]
    Clear,
    /// The password file is not usable.
    #[error("the SMTP password cannot be read")]
    Password(#[from] service::secrets::SecretError),
    /// The server did not take it.
    #[error("the SMTP server did not take the mail")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The server took too long.
    #[error("the SMTP server did not answer in time")]
    Timeout,
}

impl MailError {
    /// What the server answered, as a number. Its words may hold addresses and are not for a log.
    pub fn status(&self) -> Option<String> {
        match self {
            Self::Smtp(error) => error.status().map(|code| code.to_string()),
            _ => None,
        }
    }

    /// Whether trying again is of no use.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Message => true,
            Self::Smtp(error) => error.is_permanent(),
            _ => false,
        }
    }
}

/// Sends mail.
#[derive(Debug, Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    /// A mailer that connects when it sends.
    pub fn new(from: &str, smtp: &SmtpSettings) -> Result<Self, MailError> {
        let from = from.parse().map_err(MailError::Sender)?;
        let mut builder = transport(smtp)?.port(smtp.port).timeout(Some(PATIENCE));
        if let (Some(user), Some(file)) = (&smtp.user, &smtp.password_file) {
            let password = service::secrets::read(file)?;
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            from,
            transport: builder.build(),
        })
    }

    /// Hands a mail in.
    pub async fn send(&self, message: &Message) -> Result<(), MailError> {
        let to = message.to.parse().map_err(|_| MailError::Message)?;
        let made = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&message.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.clone());
        let made = made.map_err(|_| MailError::Message)?;
        // The transport's own limit is one of each step.
        match tokio::time::timeout(PATIENCE, self.transport.send(made)).await {
            Ok(sent) => Ok(sent.map(|_| ())?),
            Err(_) => Err(MailError::Timeout),
        }
    }
}

fn transport(smtp: &SmtpSettings) -> Result<AsyncSmtpTransportBuilder, MailError> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    match smtp.tls {
        Encryption::Implicit => Ok(Transport::relay(&smtp.host)?),
        Encryption::Starttls => Ok(Transport::starttls_relay(&smtp.host)?),
        Encryption::None => {
            let here = matches!(smtp.host.as_str(), "127.0.0.1" | "::1" | "localhost");
            if here {
                Ok(Transport::builder_dangerous(&smtp.host))
            } else {
                Err(MailError::Clear)
            }
        }
    }
}
