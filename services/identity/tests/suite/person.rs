//! A person at a browser: cookies, forms, redirects that are followed by hand.

use crate::house::{House, PASSWORD};
use reqwest::StatusCode;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use std::collections::BTreeMap;
use std::sync::Mutex;

pub(crate) struct Person {
    http: reqwest::Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
    /// As the gateway would tell it.
    address: String,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Person {
    pub(crate) fn new(house: &House) -> Self {
        Self::at(house, "192.0.2.1")
    }

    pub(crate) fn at(house: &House, address: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self {
            http: http.unwrap(),
            base: house.url.clone(),
            cookies: Mutex::default(),
            address: address.to_owned(),
        }
    }

    /// Somebody who has just signed up.
    pub(crate) async fn signed_up(house: &House, email: &str) -> Self {
        let person = Self::new(house);
        let done = person.sign_up(email, PASSWORD, "").await;
        assert_eq!(done.status, 303, "{}\n{}", done.text, house.log());
        person
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// `path`: under the issuer, or a whole address.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let url = self.url(path);
        self.send(self.http.get(url)).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let url = self.url(path);
        self.send(self.http.post(url).form(form)).await
    }

    /// Fills in and sends the form of a page; its hidden fields go along.
    pub(crate) async fn submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = page.hidden(action);
        all.extend(
            fields
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let url = self.url(action);
        self.send(self.http.post(url).form(&all)).await
    }

    pub(crate) async fn sign_up(&self, email: &str, password: &str, query: &str) -> Page {
        let page = self.get(&format!("/signup{query}")).await;
        let fields = [
            ("name", "Ann"),
            ("email", email),
            ("new_password", password),
        ];
        self.submit(&page, "/signup", &fields).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Page {
        let page = self.get("/signin").await;
        let fields = [("email", email), ("password", password)];
        self.submit(&page, "/signin", &fields).await
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else if path.starts_with("/auth/") {
            format!("{}{path}", self.base.trim_end_matches("/auth"))
        } else {
            format!("{}{path}", self.base)
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap();
            cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let request = request
            .header(COOKIE, cookies.join("; "))
            .header("X-Forwarded-For", &self.address);
        let response = request.send().await.unwrap();
        for set in response.headers().get_all(SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(
                set.contains("HttpOnly") && set.contains("SameSite=Lax"),
                "{set}"
            );
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        let location = self.headers.get(LOCATION);
        location
            .unwrap_or_else(|| panic!("no location in {self:?}"))
            .to_str()
            .unwrap()
    }

    /// The hidden fields of the form that goes to `action`.
    pub(crate) fn hidden(&self, action: &str) -> Vec<(String, String)> {
        let action = format!("action=\"/auth{}\"", action.trim_start_matches("/auth"));
        let form = self.text.split("<form").find(|form| form.contains(&action));
        let form = form.unwrap_or_else(|| panic!("no form for {action} in {self:?}"));
        let form = form.split("</form>").next().unwrap();
        let inputs = form
            .split("<input ")
            .filter(|it| it.starts_with("type=\"hidden\""));
        inputs
            .map(|input| {
                let part = |name: &str| {
                    let rest = input.split_once(&format!("{name}=\"")).unwrap().1;
                    rest.split('"').next().unwrap().to_owned()
                };
                (part("name"), part("value"))
            })
            .collect()
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}
