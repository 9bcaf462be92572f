//! Lists by pages: how many, and from where.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::List;
use problem::{Code, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

const DEFAULT: i64 = 50;
const MOST: i64 = 200;

/// What a question says of the page it wants.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// The page that is asked for.
    pub fn page(&self) -> Result<Page, Problem> {
        Page::read(self.limit, self.cursor.as_deref())
    }
}

/// Which part of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// How many it has at most.
    pub limit: i64,
    /// The key of the last item of the page before.
    pub after: Option<String>,
}

impl Page {
    /// Reads `limit` and `cursor`.
    pub fn read(limit: Option<i64>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(DEFAULT);
        if !(1..=MOST).contains(&limit) {
            return Err(invalid("/query/limit", "must be from 1 to 200"));
        }
        let wrong = || invalid("/query/cursor", "must be a next_cursor of this list");
        let after = cursor
            .map(|cursor| {
                let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
                String::from_utf8(bytes).map_err(|_| wrong())
            })
            .transpose()?;
        Ok(Self { limit, after })
    }

    /// The key in the type that the list is sorted by.
    pub fn after<K: std::str::FromStr>(&self) -> Result<Option<K>, Problem> {
        let wrong = |_| invalid("/query/cursor", "must be a next_cursor of this list");
        self.after
            .as_deref()
            .map(|key| key.parse().map_err(wrong))
            .transpose()
    }

    /// One more row than the page has tells whether there is another page.
    pub fn rows(&self) -> i64 {
        self.limit.saturating_add(1)
    }

    /// The page out of [`Page::rows`] rows.
    pub fn list<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> List<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|item| URL_SAFE_NO_PAD.encode(key(item)));
        List {
            data: items,
            next_cursor,
        }
    }
}

fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::new(Code::InvalidParameter)
        .detail("The request is not acceptable.")
        .error(pointer, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_of_a_page_leads_to_the_next() {
        let page = Page::read(Some(2), None).unwrap();
        assert_eq!(page.rows(), 3);
        let list = page.list(vec![5, 6, 7], i32::to_string);
        assert_eq!(list.data, [5, 6]);
        let next = Page::read(Some(2), list.next_cursor.as_deref()).unwrap();
        assert_eq!(next.after::<i32>().unwrap(), Some(6));
        assert!(next.list(vec![7], i32::to_string).next_cursor.is_none());
    }

    #[test]
    fn what_is_no_cursor_and_no_limit_is_refused() {
        assert!(Page::read(Some(0), None).is_err());
        assert!(Page::read(Some(201), None).is_err());
        assert!(Page::read(None, Some("%")).is_err());
        let other = URL_SAFE_NO_PAD.encode("x");
        let page = Page::read(None, Some(&other)).unwrap();
        assert!(page.after::<i64>().is_err());
    }
}
