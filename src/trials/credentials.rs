//! Credentials that run out, or turn into somebody else's, in the middle.

use super::{Command, SMALL, World, trial};
use crate::cloud::trouble::{Call, Trouble};

/// STS's answer for the credentials of another account.
const OTHER_ACCOUNT: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::999999999999:user/other</Arn><UserId>AIDAOTHER</UserId>\
    <Account>999999999999</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

#[test]
fn credentials_that_expire_stop_the_apply_and_the_next_one_goes_on() {
    for change in [0, 4, 12] {
        trial(async move {
            let world = World::new().await;
            let expired = move |call: &Call| match call.change >= change && call.changes() {
                true => Trouble::Refused {
                    status: 400,
                    code: "ExpiredTokenException",
                    message: "The security token included in the request is expired".to_owned(),
                },
                false => Trouble::None,
            };
            let ran = world.run(&Command::Apply, SMALL, expired).await;
            assert!(ran.changes() < change + 25, "{}", ran.changes());
            let said = ran.failed();
            for word in ["ExpiredTokenException", "hint: sign in"] {
                assert!(said.contains(word), "{said}");
            }
            world.apply(SMALL).await.done();
        });
    }
}

#[test]
fn other_keys_of_the_same_account_go_on() {
    trial(async {
        let world = World::new().await;
        let renew = |call: &Call| match call.changes() && call.change == 5 {
            true => Trouble::OtherKeys,
            false => Trouble::None,
        };
        world.run(&Command::Apply, SMALL, renew).await.done();
    });
}

#[test]
fn keys_of_another_account_change_nothing() {
    for change in [0, 5] {
        trial(async move {
            let world = World::new().await;
            let switch = move |call: &Call| match call.operation.as_str() {
                "GetCallerIdentity" if call.nth > 0 => Trouble::Instead(OTHER_ACCOUNT.to_owned()),
                _ if call.changes() && call.change == change => Trouble::OtherKeys,
                _ => Trouble::None,
            };
            let ran = world.run(&Command::Apply, SMALL, switch).await;
            let asked = |call: &Call| call.operation == "GetCallerIdentity" && call.nth > 0;
            let heard = ran.calls.iter().position(asked).expect("STS is asked again");
            let later = ran.calls[heard..].iter().filter(|call| call.changes());
            assert_eq!(later.count(), 0);
            let said = ran.failed();
            assert!(said.contains("999999999999"), "{said}");
            world.apply(SMALL).await.done();
        });
    }
}
