//! What the mail of an invitation says.

use contracts::tenants::Role;
use jiff::Timestamp;

/// The subject and the text.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// In plain words: who invites to what, as what, and until when.
pub(crate) fn words(
    tenant: &str,
    role: Role,
    inviter: Option<&str>,
    link: &str,
    ends_at: Timestamp,
) -> Words {
    let opening = match inviter {
        Some(name) => format!("{name} invites you to {tenant} at MotoVaultPro"),
        None => format!("You are invited to {tenant} at MotoVaultPro"),
    };
    let role = described(role);
    let until = ends_at.strftime("%-d %B %Y, %H:%M UTC");
    let text = format!(
        "{opening}, as {role}.\n\nOpen this page to accept:\n\n{link}\n\nIt works once, until {until}.\n\nIf you do not know what this is about, there is nothing to do.\n\nMotoVaultPro\n"
    );
    Words {
        subject: format!("Invitation to {tenant}"),
        text,
    }
}

fn described(role: Role) -> &'static str {
    match role {
        Role::Owner => "an owner",
        Role::Manager => "a manager",
        Role::Editor => "an editor",
        Role::Driver => "a driver, who adds readings and fuel",
        Role::Viewer => "a viewer, who sees everything and changes nothing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_invites_to_what_as_what_and_until_when() {
        let ends_at: Timestamp = "2026-11-05T07:30:00Z".parse().unwrap();
        let link = "https://motovaultpro.com/app/invitations/t";
        let mail = words("The Smiths", Role::Editor, Some("Ann"), link, ends_at);
        assert_eq!(mail.subject, "Invitation to The Smiths");
        assert!(
            mail.text
                .starts_with("Ann invites you to The Smiths at MotoVaultPro, as an editor.\n"),
            "{}",
            mail.text
        );
        assert!(mail.text.contains(&format!("\n{link}\n")), "{}", mail.text);
        assert!(mail.text.contains("until 5 November 2026, 07:30 UTC"));
        let unnamed = words("The Smiths", Role::Driver, None, link, ends_at);
        assert!(unnamed.text.starts_with("You are invited to The Smiths"));
    }
}
