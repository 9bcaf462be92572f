//! The middleware that lets only callers with a valid API key through.

use crate::{API_KEY_HEADER, WatchedKeyRing};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
use problem::{Code, Problem};
use std::future::{Future, Ready, ready};
use std::pin::Pin;

/// Requires a valid `X-API-Key`; the [`crate::Consumer`] goes into the request's extensions.
#[derive(Clone)]
pub struct RequireApiKey {
    keys: WatchedKeyRing,
}

impl RequireApiKey {
    /// Lets callers through whose key is in this ring.
    pub fn new(keys: WatchedKeyRing) -> Self {
        Self { keys }
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequireApiKey
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Guard<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Guard {
            service,
            keys: self.keys.clone(),
        }))
    }
}

/// One worker's instance of [`RequireApiKey`].
pub struct Guard<S> {
    service: S,
    keys: WatchedKeyRing,
}

impl<S, B> Service<ServiceRequest> for Guard<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match authenticate(&self.keys, &request) {
            Ok(consumer) => {
                request.extensions_mut().insert(consumer);
                let inner = self.service.call(request);
                Box::pin(async move { Ok(inner.await?.map_into_boxed_body()) })
            }
            Err(problem) => Box::pin(ready(Ok(request.error_response(problem)))),
        }
    }
}

fn authenticate(
    keys: &WatchedKeyRing,
    request: &ServiceRequest,
) -> Result<crate::Consumer, Problem> {
    let mut presented = request.headers().get_all(API_KEY_HEADER);
    let Some(key) = presented.next() else {
        return Err(Problem::new(Code::ApiKeyMissing)
            .detail("Send your key in the X-API-Key header.")
            .error("/header/X-API-Key", "is missing"));
    };
    if presented.next().is_some() {
        return Err(Problem::new(Code::BadHeader)
            .detail("X-API-Key came more than once.")
            .error("/header/X-API-Key", "may come only once"));
    }
    key.to_str()
        .ok()
        .and_then(|key| keys.verify(key))
        .ok_or_else(|| {
            Problem::new(Code::ApiKeyUnknown)
                .detail("This key is not, or no longer, valid.")
                .error("/header/X-API-Key", "is not a valid key")
        })
}
