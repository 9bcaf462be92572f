//! Tenants over HTTP.

mod create;
mod handlers;
mod plans;
mod steps;
mod usage;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the capsule, without the check of the API key. `/plans` stands before `/{tenant}`.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(plans::list_plans)
        .service(plans::put_plan)
        .service(create::create_tenant)
        .service(handlers::list_tenants)
        .service(handlers::get_tenant)
        .service(handlers::change_tenant)
        .service(steps::activate_tenant)
        .service(steps::suspend_tenant)
        .service(steps::resume_tenant)
        .service(steps::restore_tenant)
        .service(steps::delete_tenant)
        .service(usage::get_usage)
        .service(usage::count_usage)
        .service(usage::report_usage);
}
