//! Entries as a file, streamed page by page.

use super::handlers::{AuditEntry, shown};
use ::audit::Filter;
use actix_web::HttpResponse;
use bytes::Bytes;
use futures_util::stream;
use pg::{Db, DbError};

const ROWS: i64 = 1_000;
const COLUMNS: &str =
    "seq,at,consumer,actor,request_id,action,tenant_id,subject,before,after,hash\r\n";

/// How the file looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    Lines,
    Table,
}

pub(super) fn export(db: Db, filter: Filter, format: Format) -> HttpResponse {
    let (media_type, name, head) = match format {
        Format::Lines => ("application/x-ndjson", "audit.ndjson", ""),
        Format::Table => ("text/csv; charset=utf-8", "audit.csv", COLUMNS),
    };
    let pages = stream::try_unfold(Some(0_i64), move |after| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let found = ::audit::oldest(&db, &filter, after, ROWS).await?;
            if found.is_empty() {
                return Ok::<_, DbError>(None);
            }
            let last = found.last().map(|(entry, _)| entry.seq);
            let text: String = found
                .into_iter()
                .map(|it| line(&shown(it), format))
                .collect();
            Ok(Some((Bytes::from(text), last)))
        }
    });
    let head = stream::once(async move { Ok::<_, DbError>(Bytes::from_static(head.as_bytes())) });
    let body = futures_util::StreamExt::chain(head, pages);
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(futures_util::TryStreamExt::map_err(body, |error| {
            tracing::error!(
                error = service::errors::chain(&error),
                "an export of the audit broke off"
            );
            actix_web::error::ErrorInternalServerError("broken off")
        }))
}

/// Every entry of a tenant as lines of JSON.
pub(crate) async fn lines_of(db: &Db, tenant: uuid::Uuid) -> Result<String, DbError> {
    let filter = Filter {
        tenant_id: Some(tenant),
        ..Filter::default()
    };
    let (mut lines, mut after) = (String::new(), 0);
    loop {
        let found = ::audit::oldest(db, &filter, after, ROWS).await?;
        let Some((last, _)) = found.last() else {
            return Ok(lines);
        };
        after = last.seq;
        for entry in found {
            lines.push_str(&line(&shown(entry), Format::Lines));
        }
    }
}

fn line(entry: &AuditEntry, format: Format) -> String {
    match format {
        Format::Lines => {
            let mut line = serde_json::to_string(entry).unwrap_or_default();
            line.push('\n');
            line
        }
        Format::Table => {
            let json = |value: &Option<serde_json::Value>| {
                value.as_ref().map(ToString::to_string).unwrap_or_default()
            };
            let cells = [
                entry.seq.to_string(),
                entry.at.to_string(),
                entry.consumer.clone(),
                entry.actor.clone().unwrap_or_default(),
                entry.request_id.clone().unwrap_or_default(),
                entry.action.clone(),
                entry.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
                entry.subject.clone(),
                json(&entry.before),
                json(&entry.after),
                entry.hash.clone(),
            ];
            let quoted: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            quoted.join(",") + "\r\n"
        }
    }
}

/// A cell by RFC 4180. One that a spreadsheet would take for a formula gets an apostrophe in front.
fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
    }
}
