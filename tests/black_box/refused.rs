//! AWS refuses: tags that may not be read, and one operation that never works.

use crate::faults::{Call, Fault};
use crate::lab8;
use crate::lane::Lane;
use crate::wire::{REQUEST_ID, Refusal, refuse};

const APPLY: &[&str] = &["apply", "--yes", "--no-wait"];
const DESTROY: &[&str] = &["destroy", "--yes"];

/// The calls by which tags are read, by the kinds that need them.
fn reads_tags(call: &Call) -> bool {
    let operation = call.operation.as_str();
    operation.ends_with("?tagging")
        || ["ListTagsForResource", "DescribeTags", "ListRoleTags", "GetResources"].contains(&operation)
}

/// The same, and the tag index may be read.
fn reads_tags_directly(call: &Call) -> bool {
    reads_tags(call) && call.operation != "GetResources"
}

/// Tags that can't be read are nobody's: nothing is deleted or overwritten, and the missing permission is named.
#[test]
fn without_tags_nothing_is_touched() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let expected = lane.ours();
    let edited = lab8::FILE.replace("retentionInDays: 7", "retentionInDays: 14");
    lane.account.folder.write("lab.yaml", &edited);
    for is_denied in [reads_tags, reads_tags_directly] {
        let deny = move |call: &Call| match is_denied(call) && call.write.is_none() {
            true => Fault::Answer(refuse(call, Refusal::Denied)),
            false => Fault::None,
        };
        for command in [APPLY, DESTROY] {
            lane.proxy.play(deny);
            let run = lane.account.labform(command);
            println!("{run}");
            let denied = lane.proxy.calls();
            let denied: Vec<&Call> = denied.iter().filter(|call| is_denied(call)).collect();
            assert!(!denied.is_empty(), "no tag was read: {run}");
            let writes = lane.proxy.writes();
            assert!(writes.is_empty(), "{run}\n{writes:#?}");
            assert!(matches!(run.code, Some(1 | 4)), "{run}");
            let named = |call: &&Call| run.stderr.contains(&format!("{}:{}", call.service, call.operation));
            assert!(denied.iter().any(named), "the permission is not named: {run}");
            assert_eq!(lane.ours(), expected);
        }
    }
}

/// The account can't be scanned after a destroy: what was deleted is told all the same.
#[test]
fn a_destroy_whose_check_is_denied_tells_what_it_did() {
    let lane = Lane::fresh("eu-west-1");
    let group = "logGroups:\n  it: { logGroupName: /te/LAB }\n";
    let definition =
        "taskDefinitions:\n  it: { family: te-LAB, containerDefinitions: [{ name: web, image: web, memory: 64 }] }\n";
    lane.account.write_lab("checked", &[group, definition]);
    lane.account.labform(APPLY).exits(0);
    lane.proxy.play(|call| match call.operation == "ListTaskDefinitionFamilies" {
        true => Fault::Answer(refuse(call, Refusal::Denied)),
        false => Fault::None,
    });
    let run = lane.account.labform(DESTROY).exits(1);
    for words in ["Resources: 2 destroyed, in ", "ListTaskDefinitionFamilies", "what is left could not be read"] {
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    // Of what the lab has nothing of, it is only said.
    lane.account.write_lab("checked", &[group]);
    lane.account.labform(APPLY).exits(0);
    let run = lane.account.labform(DESTROY).exits(0);
    assert!(run.stdout.contains("taskDefinitions: not looked for, because AWS doesn't list them for you"), "{run}");
}

/// What people read of an apply of which one operation never works, the same at every run.
#[track_caller]
fn ends_with_words(refusal: Refusal, operation: &'static str) -> String {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.proxy.play(move |call| match call.operation == operation {
        true => Fault::Answer(refuse(call, refusal)),
        false => Fault::None,
    });
    let run = lane.account.labform(APPLY).exits(3);
    println!("{run}");
    assert!(run.stderr.contains(REQUEST_ID), "no request id: {run}");
    lane.proxy.play(|_| Fault::None);
    lane.account.labform(APPLY).exits(0);
    lane.account.labform(DESTROY).exits(0);
    assert!(lane.ours().is_empty());
    let said = run.stderr.split_once("Apply incomplete. ");
    let said = said.map_or("", |(_, said)| said).replace(lane.account.id, "ACCOUNT");
    let (counts, (_, said)) = said
        .split_once(", in ")
        .map(|(counts, after)| (counts, after.split_once(".\n").expect("the time ends its line")))
        .expect("how long it took");
    // The options that the command has here are those of this account.
    let Some((before, (_, after))) =
        said.split_once("`labform apply ").map(|(a, b)| (a, b.split_once('`').expect("it ends")))
    else {
        panic!("no command to go on with: {run}");
    };
    format!("{counts}, in TIME.\n{before}`labform apply`{after}")
}

#[test]
fn a_quota_ends_an_apply_with_words() {
    let quota = Refusal::With("LimitExceededException", "Resource limit exceeded.");
    insta::assert_snapshot!(ends_with_words(quota, "CreateLogGroup"), @r"
    Resources: 12 added, 0 changed, 0 destroyed, in TIME.

    2 steps failed:
      logGroup.image-classifier: creating: CreateLogGroup: LimitExceededException: Resource limit exceeded. (request 1f3c5a7e-0000-4000-8000-00000000fa17)
        hint: this is a quota of the account, not a throttle, and waiting won't help: delete what you don't need, or ask for more in Service Quotas
      logGroup.web-app: creating: CreateLogGroup: LimitExceededException: Resource limit exceeded. (request 1f3c5a7e-0000-4000-8000-00000000fa17)
        hint: this is a quota of the account, not a throttle, and waiting won't help: delete what you don't need, or ask for more in Service Quotas

    3 steps not begun:
      taskDefinition.image-classifier: not created
      taskDefinition.web: not created
      service.web: not created

    Nothing is lost: mend the above, then `labform apply` goes on from here.
    ");
}

#[test]
fn a_missing_permission_ends_an_apply_with_words() {
    insta::assert_snapshot!(ends_with_words(Refusal::Denied, "CreateTargetGroup"), @r"
    Resources: 14 added, 0 changed, 0 destroyed, in TIME.

    1 step failed:
      targetGroup.web: creating: CreateTargetGroup: AccessDenied: User: arn:aws:iam::123456789012:user/te is not authorized to perform: elasticloadbalancing:CreateTargetGroup (request 1f3c5a7e-0000-4000-8000-00000000fa17)
        hint: your credentials may not do this: show the line above to your teacher, it names the action

    2 steps not begun:
      listener.web.http: not created
      service.web: not created

    Nothing is lost: mend the above, then `labform apply` goes on from here.
    ");
}

#[test]
fn an_operation_that_is_always_broken_ends_an_apply_with_words() {
    insta::assert_snapshot!(ends_with_words(Refusal::Internal, "CreateCluster"), @r"
    Resources: 15 added, 0 changed, 0 destroyed, in TIME.

    1 step failed:
      cluster.main: creating: CreateCluster: InternalFailure: We encountered an internal error. (request 1f3c5a7e-0000-4000-8000-00000000fa17)
        hint: AWS had an error of its own: wait a minute, then run the same command again; https://health.aws.amazon.com tells of outages

    1 step not begun:
      service.web: not created

    Nothing is lost: run `labform apply` again, and it goes on from here.
    ");
}
