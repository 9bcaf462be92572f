//! The peer: an actix-web handler that does nothing but return the bytes of a file.

use actix_web::{App, HttpResponse, HttpServer, web};
use bytes::Bytes;
use std::io::{Error, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(port), Some(route)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err(Error::other("usage: bare_handler FILE PORT ROUTE"));
    };
    let body = Bytes::from(std::fs::read(file)?);
    let port: u16 = port.parse().map_err(Error::other)?;
    HttpServer::new(move || {
        let body = body.clone();
        App::new().route(
            &route,
            web::get().to(move || {
                let body = body.clone();
                async move {
                    HttpResponse::Ok()
                        .content_type("application/json")
                        .body(body)
                }
            }),
        )
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
