//! Listings: tombstones, pages, tags that may not be read, and what comes back.

use std::time::Duration;

use super::{Command, LAB_8, Ran, SMALL, World, calm, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;
use labform_account::Quirks;

const DESTROY: fn() -> Command = || Command::Destroy(Scope::all());

async fn applied() -> World {
    let world = World::new().await;
    world.apply(SMALL).await.done();
    world
}

fn denied() -> Trouble {
    Trouble::Refused {
        status: 403,
        code: "AccessDeniedException",
        message: "User: student is not authorized to perform this".to_owned(),
    }
}

#[test]
fn what_aws_still_shows_of_the_deleted_is_made_anew() {
    trial(async {
        let world = applied().await;
        world.destroy(SMALL).await.done();
        let items = world.sandbox.inventory();
        let tombs = items.iter().filter(|item| item.tombstone.is_some());
        assert!(tombs.count() >= 3, "{items:?}");
        world.apply(SMALL).await.done();
        world.destroy(SMALL).await.done();
    });
}

#[test]
fn a_log_group_that_comes_back_is_reported_as_left() {
    trial(async {
        let world = applied().await;
        let back = [("/ecs/ecs-lab/app".to_owned(), Duration::from_millis(1))];
        world.sandbox.with(|account| {
            account.quirks = Quirks { log_groups_return: back.into(), ..Quirks::default() };
        });
        let said = world.destroy(SMALL).await.failed();
        for word in ["/ecs/ecs-lab/app", "something still writes to it"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    });
}

#[test]
fn what_aws_did_not_delete_is_left_also_if_no_listing_shows_it() {
    trial(async {
        let world = applied().await;
        let script = |call: &Call| match call.operation.as_str() {
            "DeleteCluster" => denied(),
            "ListClusters" => Trouble::Instead(r#"{"clusterArns": []}"#.to_owned()),
            _ => Trouble::None,
        };
        let said = world.run(&DESTROY(), SMALL, script).await.failed();
        assert!(said.contains("cluster.main: DeleteCluster: AccessDeniedException"), "{said}");
        world.destroy(SMALL).await.done();
    });
}

#[test]
fn pages_of_one_item_change_nothing() {
    trial(async {
        let world = World::new().await;
        world.sandbox.with(|account| {
            account.quirks = Quirks { page_size: Some(1), ..Quirks::default() };
        });
        world.apply(SMALL).await.done();
        assert_eq!(world.apply(SMALL).await.done().changes(), 0);
        world.destroy(SMALL).await.done();
    });
}

/// Pages without an end: the same token again and again, on a page that holds nothing.
const ENDLESS: [(&str, &str); 12] = [
    ("GetResources", r#"{"PaginationToken": "again", "ResourceTagMappingList": []}"#),
    ("ListClusters", r#"{"nextToken": "again", "clusterArns": []}"#),
    ("ListServices", r#"{"nextToken": "again", "serviceArns": []}"#),
    ("ListTaskDefinitionFamilies", r#"{"nextToken": "again", "families": []}"#),
    ("DescribeRepositories", r#"{"nextToken": "again", "repositories": []}"#),
    ("DescribeLogGroups", r#"{"nextToken": "again", "logGroups": []}"#),
    (
        "DescribeSecurityGroups",
        "<DescribeSecurityGroupsResponse><securityGroupInfo/><nextToken>again</nextToken></DescribeSecurityGroupsResponse>",
    ),
    (
        "DescribeLoadBalancers",
        "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers/><NextMarker>again</NextMarker></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>",
    ),
    (
        "DescribeTargetGroups",
        "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups/><NextMarker>again</NextMarker></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
    ),
    (
        "ListRoles",
        "<ListRolesResponse><ListRolesResult><Roles/><IsTruncated>true</IsTruncated><Marker>again</Marker></ListRolesResult></ListRolesResponse>",
    ),
    (
        "GetAccountAuthorizationDetails",
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><RoleDetailList/><IsTruncated>true</IsTruncated><Marker>again</Marker></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
    ),
    (
        "GET versions",
        "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>again</NextKeyMarker></ListVersionsResult>",
    ),
];

#[test]
fn a_token_that_is_repeated_for_ever_ends() {
    trial(async {
        let applied = applied().await;
        let cloud = applied.neighbour().await;
        let put = cloud.s3.put_object().bucket("ecs-lab-small-123456789012");
        put.key("image").send().await.unwrap();
        for (operation, page) in ENDLESS {
            let world = applied.fork();
            let endless = move |call: &Call| {
                assert!(call.nth < 500, "{operation} has no end");
                match call.operation == operation {
                    true => Trouble::Instead(page.to_owned()),
                    false => Trouble::None,
                }
            };
            let ran = world.unasked(&DESTROY(), SMALL, async {}, endless).await;
            world.no_foreign_change();
            let met = ran.calls.iter().any(|call| call.operation == operation);
            assert!(met, "{operation} is never called");
            world.destroy(SMALL).await.done();
        }
    });
}

/// Each operation that says what an object of the kind is, or whose.
const READINGS: [(&str, &str); 9] = [
    ("ecr:ListTagsForResource", "ecr:repository"),
    ("logs:ListTagsForResource", "logs:log-group"),
    ("elasticloadbalancing:DescribeTags", "elasticloadbalancing:"),
    ("s3:GetBucketTagging", "s3:bucket"),
    ("iam:GetRole", "iam:role"),
    ("ec2:DescribeSecurityGroups", "ec2:security-group"),
    ("ecs:DescribeClusters", "ecs:cluster"),
    ("ecs:DescribeServices", "ecs:service"),
    ("ecs:DescribeTaskDefinition", "ecs:task-definition"),
];

#[test]
fn nothing_is_changed_whose_reading_is_denied() {
    trial(async {
        let applied = applied().await;
        let text = SMALL.replace("environment: development", "environment: production");
        for (operation, kind) in READINGS {
            let world = applied.fork();
            let of_kind = || {
                let mut items = world.ours();
                items.retain(|item| item.kind.starts_with(kind));
                items
            };
            let before = of_kind();
            assert!(!before.is_empty(), "{kind}");
            world.sandbox.with(|account| {
                account.quirks.denied = [operation.to_owned()].into();
            });
            let action = operation.split(':').next_back().unwrap();
            for (command, text) in [(DESTROY(), SMALL), (Command::Apply, text.as_str())] {
                let ran = world.unasked(&command, text, async {}, calm).await;
                assert!(ran.changes() == 0 || matches!(command, Command::Apply));
                assert_eq!(of_kind(), before, "{operation} {command:?}");
                let said = ran.failed();
                for word in [action, "your credentials may not do this"] {
                    assert!(said.contains(word), "{operation}: {said}");
                }
            }
            world.no_foreign_change();
            world.sandbox.with(|account| account.quirks.denied.clear());
            world.destroy(SMALL).await.done();
        }
    });
}

/// A call is refused for good: its caller may not make it, or its server doesn't know it.
fn refused(code: &'static str, meets: fn(&Call) -> bool) -> impl Fn(&Call) -> Trouble + Copy + Send + Sync + 'static {
    move |call| match meets(call) {
        true => Trouble::Refused { status: 400, code, message: "no".to_owned() },
        false => Trouble::None,
    }
}

#[test]
fn roles_are_read_one_by_one_if_iam_does_not_tell_of_all_at_once() {
    trial(async {
        for code in ["AccessDenied", "InvalidAction"] {
            let world = World::new().await;
            let script = refused(code, |call| call.operation == "GetAccountAuthorizationDetails");
            let count = |ran: &Ran, operation: &str| ran.calls.iter().filter(|one| one.operation == operation).count();
            let ran = world.run(&Command::Apply, LAB_8, script).await.done();
            assert_eq!(count(&ran, "GetAccountAuthorizationDetails"), 1, "plan and proof are of one process");
            let text = LAB_8.replace("Action: cloudwatch:PutMetricData", "Action: \"cloudwatch:*\"");
            let ran = world.run(&Command::Apply, &text, script).await.done();
            assert!(ran.changes() > 0 && count(&ran, "GetRolePolicy") > 0);
            world.run(&DESTROY(), &text, script).await.done();
        }
    });
}

#[test]
fn all_roles_are_told_by_one_call_and_each_is_read_again_before_it_is_changed() {
    trial(async {
        let world = World::new().await;
        world.apply(LAB_8).await.done();
        let of_iam = |ran: &Ran| -> Vec<String> {
            let calls = ran.calls.iter().filter(|call| call.service == "iam");
            calls.map(|call| call.operation.clone()).collect()
        };
        let one_by_one = ["ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"];
        let calls = of_iam(&world.apply(LAB_8).await.done());
        assert!(one_by_one.iter().all(|operation| !calls.iter().any(|call| call == operation)), "{calls:?}");
        let text = LAB_8.replace("Action: cloudwatch:PutMetricData", "Action: \"cloudwatch:*\"");
        let calls = of_iam(&world.apply(&text).await.done());
        let place = |operation: &str| calls.iter().position(|one| one == operation).unwrap();
        // A plan takes them from the one answer: it is the gate that asks.
        let (all, gate, change) =
            (place("GetAccountAuthorizationDetails"), place("ListRolePolicies"), place("PutRolePolicy"));
        assert!(all < gate && gate < change, "{calls:?}");
    });
}

const NO_ROLES: &str = "lab: ecs-lab\nregion: eu-west-1\nlogGroups: { app: { logGroupName: /ecs/app } }\n";

#[test]
fn a_lab_without_roles_takes_no_rights_to_iam() {
    trial(async {
        let world = World::new().await;
        let script = refused("AccessDenied", |call| call.service == "iam");
        world.run(&Command::Apply, NO_ROLES, script).await.done();
        assert_eq!(world.run(&Command::Apply, NO_ROLES, script).await.done().changes(), 0);
        world.run(&DESTROY(), NO_ROLES, script).await.done();
        // Roles that the lab has are another matter.
        let said = world.run(&Command::Apply, LAB_8, script).await.failed();
        assert!(said.contains("AccessDenied") && said.contains("your credentials may not do this"), "{said}");
    });
}

#[test]
fn a_lab_takes_no_rights_to_services_of_which_it_has_nothing() {
    trial(async {
        let world = World::new().await;
        let script = refused("AccessDenied", |call| !["sts", "logs", "tagging"].contains(&call.service.as_str()));
        world.run(&Command::Apply, NO_ROLES, script).await.done();
        world.run(&DESTROY(), NO_ROLES, script).await.done();
        // What the index knows of is looked at, and a denial is no proof that it's gone.
        let world = applied().await;
        let said = world.run(&DESTROY(), NO_ROLES, script).await.failed();
        assert!(said.contains("AccessDenied"), "{said}");
        world.destroy(NO_ROLES).await.done();
    });
}

/// Objects of strangers, and one of the lab's own, as the calls name them.
const STRANGERS: [&str; 3] = ["log-group:/ecs/ecs-lab\"", "repository/ecs-lab/web\"", "ecs-lab-tg2"];
const OWN: [&str; 3] = ["log-group:/ecs/ecs-lab/app\"", "repository/ecs-lab-app\"", "targetgroup%2Fecs-lab-web"];

fn hides(objects: [&'static str; 3]) -> impl Fn(&Call) -> Trouble + Copy + Send + Sync + 'static {
    move |call| {
        let reads_tags = ["ListTagsForResource", "DescribeTags"].contains(&call.operation.as_str());
        match reads_tags && objects.iter().any(|object| call.body.contains(object)) {
            true => denied(),
            false => Trouble::None,
        }
    }
}

#[test]
fn a_stranger_who_hides_its_tags_stops_nothing() {
    trial(async {
        let world = applied().await;
        let ran = world.run(&DESTROY(), SMALL, hides(STRANGERS)).await.done();
        for object in STRANGERS {
            assert!(ran.calls.iter().any(|call| call.body.contains(object)), "{object}");
        }
    });
}

#[test]
fn an_object_of_the_lab_whose_tags_are_hidden_is_an_error() {
    trial(async {
        for object in OWN {
            let world = applied().await;
            let ran = world.run(&DESTROY(), SMALL, hides([object; 3])).await;
            assert_eq!(ran.changes(), 0);
            let said = ran.failed();
            assert!(said.contains("AccessDenied"), "{said}");
        }
    });
}
