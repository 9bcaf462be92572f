//! Telling the tenants platform what a tenant uses.

use super::Tenancy;
use crate::features::deferred::Undone;
use crate::features::usage::Report;
use upstream::{Asking, Question};
use uuid::Uuid;

impl Tenancy {
    /// Tells what a tenant uses. Of one that is gone, or is going, nobody wants to know it.
    pub(crate) async fn report(
        &self,
        tenant: Uuid,
        report: &Report,
        asking: &Asking,
    ) -> Result<(), Undone> {
        let body = serde_json::to_vec(report);
        let body = body.map_err(|error| Undone::Failed(error.to_string()))?;
        let question = Question::put(format!("/tenants/{tenant}/usage"), body);
        let reply = self.telling.call(&question, asking).await;
        let reply = reply.map_err(|failure| Undone::Away(Some(failure.retry_after())))?;
        match reply.status.as_u16() {
            200 | 404 | 409 => Ok(()),
            status => Err(Undone::Failed(format!(
                "the tenants platform answers {status}"
            ))),
        }
    }
}
