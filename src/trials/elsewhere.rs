//! Buckets with the lab's names that can't be looked at from where the lab is: those of another region or account.

use super::stuck::{BUCKET, applied};
use super::trial;
use labform_account::Quirks;

/// The words for a bucket that a destroy leaves there.
const ELSEWHERE: &str = "not looked at: it stands in eu-central-1";

#[test]
fn a_bucket_in_another_region_is_not_touched() {
    trial(async {
        let world = applied(&BUCKET.replace("eu-west-1", "eu-central-1")).await;
        let before = world.sandbox.inventory();
        // HeadBucket alone asks for one without settings, and its answer has no body.
        let bare = BUCKET.replace("versioningConfiguration: { status: Enabled }, ", "");
        for lab in [BUCKET, &bare] {
            let said = world.apply(lab).await.failed();
            let there = "bucket `the-images` stands in eu-central-1, and the lab in eu-west-1: if the lab was there before, \
                         `labform destroy --lab ecs-lab --region eu-central-1`";
            assert!(said.starts_with("bucket.images: ") && said.contains(there), "{said}");
            let said = world.destroy(lab).await.failed();
            assert!(said.contains(ELSEWHERE), "{said}");
        }
        assert_eq!(world.sandbox.inventory(), before);
    });
}

/// IAM has no regions: only a role's path tells that it is of the lab as it was elsewhere.
#[test]
fn a_role_of_the_lab_in_another_region_is_told_with_the_command_that_deletes_it() {
    let lab = |region: &str| {
        format!(
            "lab: ecs-lab\nregion: {region}\nroles: {{ task: {{ assumeRolePolicyDocument: {{ Version: '2012-10-17', Statement: \
             [{{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: 'sts:AssumeRole' }}] }} }} }}\n"
        )
    };
    trial(async {
        let world = applied(&lab("eu-central-1")).await;
        let said = world.apply(&lab("eu-west-1")).await.failed();
        let whose = "role.task: `ecs-lab-task` exists already, and it belongs to the lab `ecs-lab` in eu-central-1";
        assert!(said.starts_with(whose), "{said}");
        let hint = "if this lab was in eu-central-1 before: what it has there is still there and costs money; \
                    `labform destroy --lab ecs-lab --region eu-central-1` deletes it";
        assert!(said.contains(hint), "{said}");
    });
}

#[test]
fn what_stands_beside_a_bucket_of_another_region_is_destroyed() {
    trial(async {
        let world = applied(&BUCKET.replace("eu-west-1", "eu-central-1")).await;
        let before = world.ours();
        let group = "logGroups: { app: { logGroupName: /ecs/app } }\n";
        world.apply(&format!("lab: ecs-lab\nregion: eu-west-1\n{group}")).await.done();
        let said = world.destroy(&format!("{BUCKET}{group}")).await.failed();
        assert!(said.contains(ELSEWHERE), "{said}");
        assert_eq!(world.ours(), before, "the rest went");
    });
}

#[test]
fn a_bucket_of_another_account_is_not_touched() {
    trial(async {
        let world = applied(BUCKET).await;
        world.fill(["theirs".to_owned()].into_iter());
        let others = [("the-images".to_owned(), "999999999999".to_owned())];
        world.sandbox.with(|account| {
            account.quirks = Quirks { others_buckets: others.into(), ..Quirks::default() };
        });
        let before = world.sandbox.inventory();
        let said = world.apply(BUCKET).await.failed();
        assert!(said.contains("belongs to another account") && said.contains("choose another one"), "{said}");
        let said = world.destroy(BUCKET).await.failed();
        let words = "not looked at: it belongs to another account: choose another name in lab.yaml";
        assert!(said.contains(words), "{said}");
        assert_eq!(world.sandbox.inventory(), before);
        let kept = world.sandbox.with(|account| account.document().to_string());
        assert!(kept.contains("\"the-images/theirs\""));
    });
}
