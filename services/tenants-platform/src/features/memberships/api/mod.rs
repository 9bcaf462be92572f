//! Members and invitations over HTTP.

mod invitations;
mod members;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(members::list_memberships)
        .service(invitations::look_at_invitation)
        .service(invitations::accept_invitation)
        .service(members::list_members)
        .service(members::put_member)
        .service(members::remove_member)
        .service(invitations::create_invitation)
        .service(invitations::list_invitations)
        .service(invitations::revoke_invitation);
}
