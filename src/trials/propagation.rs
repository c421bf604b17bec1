//! Things that are new in AWS, and not there for everybody yet.

use std::time::Duration;

use super::{Command, SMALL, World, trial};
use crate::cloud::trouble::{Call, Trouble};
use labform_account::Quirks;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// ECS's words to an account that has no role for it.
const NO_LINKED_ROLE: &str =
    "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";

impl World {
    fn quirks(&self, quirks: Quirks) {
        self.sandbox.with(|account| account.quirks = quirks);
    }

    /// Takes away the role that ECS made for itself when it was first used.
    fn forget_linked_role(&self) {
        self.edit(|mut account| {
            let roles = account["global"]["iam"]["roles"].as_object_mut().unwrap();
            assert!(roles.remove("AWSServiceRoleForECS").is_some());
            account
        });
        self.settle_strangers();
    }
}

#[test]
fn a_new_role_is_waited_for() {
    for seconds in [0, 5, 30] {
        trial(async move {
            let world = World::new().await;
            let spread = Duration::from_secs(seconds);
            world.quirks(Quirks { roles_spread: spread, pass_role_denied: spread / 2, ..Quirks::default() });
            world.apply(SMALL).await.done();
            world.destroy(SMALL).await.done();
        });
    }
}

#[test]
fn a_role_that_never_spreads_ends_the_apply_and_is_named() {
    trial(async {
        let world = World::new().await;
        world.quirks(Quirks { roles_spread: DAY, ..Quirks::default() });
        let begun = world.sandbox.now();
        let said = world.apply(SMALL).await.failed();
        for word in [
            "taskDefinition.web: RegisterTaskDefinition: ClientException",
            "Role is not valid",
            "role/labform/ecs-lab/eu-west-1/ecs-lab-execution",
        ] {
            assert!(said.contains(word), "{said}");
        }
        let took = world.took(begun);
        assert!(took < Duration::from_secs(150), "{took:?}");
        world.quirks(Quirks::default());
        world.apply(SMALL).await.done();
    });
}

#[test]
fn a_role_of_an_earlier_run_that_may_not_be_passed_is_an_error_at_once() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        world.quirks(Quirks { pass_role_denied: 365 * DAY, ..Quirks::default() });
        let begun = world.sandbox.now();
        let newer = SMALL.replace(":latest", ":v2");
        let ran = world.apply(&newer).await;
        let register = |call: &&Call| call.operation == "RegisterTaskDefinition";
        assert_eq!(ran.calls.iter().filter(register).count(), 1);
        let said = ran.failed();
        assert!(said.contains("iam:PassRole"), "{said}");
        let took = world.took(begun);
        assert!(took < Duration::from_secs(10), "{took:?}");
    });
}

#[test]
fn a_missing_service_linked_role_is_made_by_aws() {
    trial(async {
        let world = World::new().await;
        world.forget_linked_role();
        world.apply(SMALL).await.done();
        world.destroy(SMALL).await.done();
    });
}

#[test]
fn a_service_linked_role_that_never_comes_is_an_error_with_the_command_that_makes_it() {
    trial(async {
        let world = World::new().await;
        let begun = world.sandbox.now();
        let never = |call: &Call| match call.operation == "CreateCluster" {
            true => {
                Trouble::Refused { status: 400, code: "InvalidParameterException", message: NO_LINKED_ROLE.to_owned() }
            }
            false => Trouble::None,
        };
        let said = world.run(&Command::Apply, SMALL, never).await.failed();
        let command = "`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`";
        assert!(said.contains(command), "{said}");
        let took = world.took(begun);
        assert!(took < Duration::from_secs(150), "{took:?}");
    });
}

#[test]
fn an_apply_waits_for_the_service_that_a_killed_destroy_left_draining() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        let kill = |call: &Call| match call.operation == "DeleteService" {
            true => Trouble::KillAfter,
            false => Trouble::None,
        };
        let all = crate::plan::Scope::all();
        world.run(&Command::Destroy(all), SMALL, kill).await;
        let draining = world.sandbox.with(labform_account::Account::document);
        assert!(draining.to_string().contains("\"Draining\""));
        let begun = world.sandbox.now();
        world.apply(SMALL).await.done();
        assert!(world.took(begun) > Duration::from_secs(30));
        world.destroy(SMALL).await.done();
    });
}
