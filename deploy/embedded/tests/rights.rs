//! What the children may: as root's children nothing that they do not need.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

mod house;

use std::os::unix::fs::MetadataExt as _;

use house::{House, set_mode, until};

/// A line of a process's status, as the kernel tells it.
fn told(pid: u64, line: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let found = status.lines().find_map(|l| l.strip_prefix(line));
    found
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn user(pid: u64) -> u32 {
    std::fs::metadata(format!("/proc/{pid}")).unwrap().uid()
}

fn me() -> u32 {
    std::fs::metadata("/proc/self").unwrap().uid()
}

#[test]
fn nothing_that_serves_runs_as_root_or_can_become_it() {
    let house = House::furnished().with_own_programs();
    house.up();
    let pids = house.pids();
    for (name, pid) in &pids {
        assert_eq!(told(*pid, "NoNewPrivs:"), "1", "{name}");
        if me() == 0 {
            assert_ne!(user(*pid), 0, "{name}");
            assert_eq!(told(*pid, "CapEff:"), "0000000000000000", "{name}");
            assert_eq!(told(*pid, "CapPrm:"), "0000000000000000", "{name}");
            assert_eq!(told(*pid, "Groups:"), "", "{name}");
        } else {
            assert_eq!(user(*pid), me(), "{name}");
        }
    }
    if me() == 0 {
        // A service that is taken over does not get at the clusters' files.
        assert_ne!(user(pids["gateway"]), user(pids["postgres-vehicles"]));
        assert!(
            house
                .ok_or_not(&["doctor"])
                .contains("services           run as ")
        );
    }
    assert!(!house.ok(&["status"]).contains("root"));
}

#[test]
fn an_account_is_lent_the_secrets_it_needs_and_sees_a_new_key_while_it_runs() {
    if me() != 0 {
        return;
    }
    let house = House::furnished().with_own_programs();
    house.up();
    let lent = house.data().join("lent/secrets");
    let mut names: Vec<_> = std::fs::read_dir(&lent)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "application-tenants-api-key",
        "application-vehicles-api-key",
        "gateway-tenants-api-key",
        "identity-master-key",
        "platform-tenants-api-key",
        "platform-vehicles-api-key",
        "postgres-app-api-password",
        "postgres-app-owner-password",
        "postgres-identity-api-password",
        "postgres-identity-owner-password",
        "postgres-tenants-api-password",
        "postgres-tenants-owner-password",
        "postgres-vehicles-api-password",
        "postgres-vehicles-owner-password",
        "redis-app-password",
        "redis-tenants-password",
        "redis-vehicles-password",
        "tenants-master-key",
    ];
    assert_eq!(names, expected);
    let service = user(house.pids()["gateway"]);
    for name in &names {
        let metadata = std::fs::metadata(lent.join(name)).unwrap();
        assert_eq!((metadata.uid(), metadata.mode() & 0o777), (service, 0o600));
    }
    assert_eq!(std::fs::metadata(&lent).unwrap().uid(), 0);

    let key = "platform-vehicles-api-key";
    std::fs::write(house.path().join("secrets").join(key), "mvp_svc_another\n").unwrap();
    until("the copy is the new key", || {
        std::fs::read_to_string(lent.join(key)).unwrap() == "mvp_svc_another\n"
    });
    house.ok(&["reset", "--yes"]);
    assert!(!lent.exists());
}

#[test]
fn programs_that_no_other_account_can_read_run_as_root_and_it_is_said() {
    if me() != 0 {
        return;
    }
    let house = House::furnished().with_own_programs();
    set_mode(&house.path().join("bin"), 0o700);
    let said = house.up();
    assert!(
        said.contains("the services run as root: nobody cannot read"),
        "{said}"
    );
    let pids = house.pids();
    assert_eq!(user(pids["gateway"]), 0);
    assert_ne!(user(pids["postgres-app"]), 0);
    assert_eq!(house.status()["services"]["gateway"]["health"], "ok");
    for command in ["status", "doctor"] {
        let said = house.ok_or_not(&[command]);
        assert!(said.contains("run as root: nobody cannot read"), "{said}");
    }
    assert!(!house.data().join("lent").exists());
}
