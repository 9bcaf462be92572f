//! Every statement of the capsule, prepared against the tables as the ETL makes them.

use super::data::queries;
use test_kit::Database;

#[tokio::test]
async fn every_statement_fits_the_tables_of_a_release() {
    let database = Database::create().await;
    let client = database.client().await;
    let schema = "release_1";
    let tables = [
        "CREATE SCHEMA {release}",
        include_str!("../../etl/data/queries/create_catalog.sql"),
        include_str!("../../etl/data/queries/index_catalog.sql"),
    ];
    for statement in tables {
        let statement = queries::of_release(statement, schema);
        client.batch_execute(&statement).await.unwrap();
    }
    for statement in queries::ALL {
        let statement = queries::of_release(statement, schema);
        if let Err(error) = client.prepare(&statement).await {
            panic!("{error:?} in {statement}");
        }
    }
}
