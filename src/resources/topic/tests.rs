use serde_json::json;

use super::*;
use crate::resource::Resource;
use crate::resources::test_others;

fn topic(value: Value) -> Topic {
    serde_json::from_value(value).unwrap()
}

fn live(subscriptions: &[Value]) -> Live {
    let document = json!({"displayName": "", "policy": {"Version": "2012-10-17", "Statement": []},
        "subscriptions": subscriptions});
    Live { name: "it".to_owned(), arn: "arn:aws:sns:eu-west-1:123456789012:it".to_owned(), document }
}

#[test]
fn what_nobody_has_confirmed_is_there_and_is_not_taken_back() {
    let pending = |endpoint: &str| {
        json!({"protocol": "email", "endpoint": endpoint, "owner": "1",
        "subscriptionArn": "PendingConfirmation"})
    };
    let confirmed = json!({"protocol": "sqs", "endpoint": "arn:q", "owner": "1", "subscriptionArn": "arn:s"});
    let live = live(&[pending("a@example.com"), confirmed]);
    let differs = |want: Value| {
        let topic = topic(json!({"subscriptions": want}));
        !Resource::edit(&topic, &live, &test_others(), &[]).diff.is_empty()
    };
    let (mail, queue) =
        (json!({"protocol": "email", "endpoint": "a@example.com"}), json!({"protocol": "sqs", "endpoint": "arn:q"}));
    assert!(!differs(json!([queue, mail])));
    assert!(!differs(json!([queue])), "it goes by itself");
    assert!(differs(json!([mail])));
    assert!(differs(json!([mail, queue, {"protocol": "email", "endpoint": "b@example.com"}])));
    let words = Readiness::Ready(Some("waits to be confirmed by a@example.com".to_owned()));
    assert_eq!(<Topic as Plain>::readiness(&live), words);
}

#[test]
fn an_answer_is_heard_in_the_words_of_the_spec() {
    let mut document = json!({"topicArn": "arn:aws:sns:eu-west-1:123456789012:it", "policy": "{\"Statement\": []}"});
    Topic::heard(&mut document);
    assert_eq!((&document["name"], &document["policy"]), (&json!("it"), &json!({"Statement": []})));
}
