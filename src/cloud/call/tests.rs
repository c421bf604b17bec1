//! Calls by table: beside the SDK's crates, and in trouble.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use serde_json::{Value, json};

use super::{Unshown, url};
use crate::cloud::connect::{identity, scripted};
use crate::cloud::{Api, Cloud, CloudError, ECR, ECS, ErrorKind, LOGS, SCHEDULER, SECRETS_MANAGER, SSM};

const STS: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>\
                   </GetCallerIdentityResult></GetCallerIdentityResponse>";

/// The answer to one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// A status and a body.
    Status(u16, &'static str),
    /// A refusal whose code stands in a header only.
    Header(&'static str),
    /// The end of the connection.
    Reset,
    /// Nothing.
    Never,
}

/// An HTTP client that keeps what is sent and answers as scripted; the last answer is repeated. STS is always answered.
#[derive(Clone)]
pub(super) struct Line {
    sent: Arc<Mutex<Vec<HttpRequest>>>,
    script: &'static [Answer],
}

impl Line {
    pub(super) fn new(script: &'static [Answer]) -> Self {
        Self { sent: Arc::default(), script }
    }

    pub(super) async fn cloud(&self, region: &str) -> Cloud {
        scripted(SharedHttpClient::new(self.clone()), region).await
    }

    pub(super) fn sent(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }

    fn answer(&self, request: HttpRequest) -> Option<Result<HttpResponse, ConnectorError>> {
        if request.uri().contains("sts") {
            return Some(Ok(answer(200, STS)));
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push(request);
        match self.script.get(sent.len() - 1).or(self.script.last())? {
            Answer::Status(status, body) => Some(Ok(answer(*status, body))),
            Answer::Header(code) => {
                let mut refusal = answer(400, "{}");
                refusal.headers_mut().insert("x-amzn-errortype", *code);
                Some(Ok(refusal))
            }
            Answer::Reset => Some(Err(ConnectorError::io("connection reset by peer".into()))),
            Answer::Never => None,
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpClient for Line {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.answer(request);
        HttpConnectorFuture::new(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

fn answer(status: u16, body: &'static str) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    answer.headers_mut().insert("x-amzn-requestid", "0000-line");
    answer
}

/// A request without what differs: the user agent, the signature over it, and the call's random id.
pub(super) fn shape(request: &HttpRequest) -> (String, String, BTreeMap<String, String>, String) {
    let header = |(name, value): (&str, &str)| match name {
        "user-agent" | "x-amz-user-agent" => (name.to_owned(), "…".to_owned()),
        "amz-sdk-invocation-id" => (name.to_owned(), format!("{} characters", value.len())),
        "authorization" => (name.to_owned(), value.split("Signature=").next().unwrap_or_default().to_owned()),
        _ => (name.to_owned(), value.to_owned()),
    };
    let headers = request.headers().iter().map(header).collect();
    let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
    (request.method().to_owned(), request.uri().to_owned(), headers, body)
}

#[tokio::test]
async fn a_call_by_table_leaves_as_the_sdk_crate_would_send_it() {
    let arn = "arn:aws:x:eu-west-1:123456789012:thing/\u{fc}";
    let document = json!({"resourceArn": arn});
    for region in ["eu-west-1", "us-gov-west-1", "cn-north-1"] {
        let line = Line::new(&[Answer::Status(200, "{}")]);
        let cloud = line.cloud(region).await;
        cloud.ecs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        cloud.call(&ECS, "ListTagsForResource", document.clone()).await.unwrap();
        cloud.ecr.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        cloud.call(&ECR, "ListTagsForResource", document.clone()).await.unwrap();
        cloud.logs.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        cloud.call(&LOGS, "ListTagsForResource", document.clone()).await.unwrap();
        let sent = line.sent();
        assert_eq!(sent.len(), 6);
        for pair in sent.chunks(2) {
            assert_eq!(shape(&pair[1]), shape(&pair[0]), "{region}");
            let agent = pair[1].headers().get("x-amz-user-agent").unwrap();
            assert!(agent.contains("api/"), "{agent}");
        }
    }
}

/// A case: what happens, the answers, the attempts, and the error's kind and code if there is one.
type Case = (&'static str, &'static [Answer], RangeInclusive<usize>, Option<(ErrorKind, &'static str)>);

#[tokio::test]
async fn a_call_in_trouble_is_repeated_only_if_it_was_not_carried_out() {
    use Answer::{Header, Never, Reset, Status};
    const OK: Answer = Status(200, r#"{"Name": "a"}"#);
    let cases: [Case; 13] = [
        ("no trouble", &[OK], 1..=1, None),
        ("500", &[Status(500, r#"{"__type": "InternalServiceError"}"#), OK], 2..=2, None),
        ("a page with 503", &[Status(503, "<html>"), OK], 2..=2, None),
        (
            "a throttle",
            &[Status(400, r#"{"__type": "com.amazon#ThrottlingException", "Message": "slowly"}"#), OK],
            2..=2,
            None,
        ),
        ("a throttle in a header", &[Header("TooManyRequestsException:http://internal.amazon.com/"), OK], 2..=2, None),
        ("reset", &[Reset, Reset, OK], 3..=3, None),
        ("an answer that doesn't come", &[Never, OK], 2..=2, None),
        ("half of an answer", &[Status(200, r#"{"Name": "#)], 1..=1, Some((ErrorKind::Strange, ""))),
        ("a page with 200", &[Status(200, "<html>")], 1..=1, Some((ErrorKind::Strange, ""))),
        (
            "a denial",
            &[Status(400, r#"{"__type": "AccessDeniedException"}"#)],
            1..=1,
            Some((ErrorKind::Denied, "AccessDeniedException")),
        ),
        (
            "a full quota",
            &[Status(400, r#"{"__type": "LimitExceededException"}"#)],
            1..=1,
            Some((ErrorKind::Quota, "LimitExceededException")),
        ),
        (
            "500 for ever",
            &[Status(500, r#"{"code": "InternalServiceError"}"#)],
            8..=8,
            Some((ErrorKind::Other, "InternalServiceError")),
        ),
        // The pauses between attempts are random, and the time limit of the call ends it.
        ("no answer for ever", &[Never], 5..=6, Some((ErrorKind::Network, ""))),
    ];
    for (index, (what, script, attempts, error)) in cases.into_iter().enumerate() {
        let line = Line::new(script);
        // Retries share what they may cost by service and region.
        let cloud = line.cloud(&format!("xx-trouble-{index}")).await;
        identity(&cloud).await.unwrap();
        let answer = cloud.call(&SECRETS_MANAGER, "CreateSecret", json!({"Name": "a"})).await;
        let found = answer.as_ref().err().map(|error| (error.kind(), error.code()));
        assert_eq!(found, error, "{what}: {answer:?}");
        let sent = line.sent();
        assert!(attempts.contains(&sent.len()), "{what}: {} attempts", sent.len());
        assert_eq!(cloud.meter.by_operation()["secretsmanager:CreateSecret"], sent.len(), "{what}");
        match answer {
            Ok(answer) => assert_eq!(answer, json!({"Name": "a"}), "{what}"),
            Err(error) => assert!(error.to_string().starts_with("CreateSecret: "), "{what}: {error}"),
        }
        // Every attempt brings the same token.
        let bodies: Vec<_> = sent.iter().map(|request| request.body().bytes().unwrap().to_vec()).collect();
        let token = serde_json::from_slice::<Value>(&bodies[0]).unwrap()["ClientRequestToken"].as_str().map(str::len);
        assert_eq!(token, Some(32), "{what}");
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{what}");
    }
}

#[tokio::test]
async fn a_call_in_rest_json_goes_to_an_address_of_its_own() {
    use Answer::{Header, Status};
    let line = Line::new(&[
        Header("ThrottlingException:http://internal.amazon.com/"),
        Status(200, r#"{"Schedules": [{"Name": "a"}], "NextToken": "n/1"}"#),
        Status(200, r#"{"Schedules": []}"#),
        Status(200, "{}"),
        Status(200, ""),
        Header("ResourceNotFoundException"),
        Header("LimitExceededException"),
    ]);
    let cloud = line.cloud("eu-west-1").await;
    identity(&cloud).await.unwrap();
    let pages = cloud.pages(&SCHEDULER, "ListSchedules", json!({"GroupName": "a"})).await.unwrap();
    assert_eq!(pages[0]["Schedules"], json!([{"Name": "a"}]));
    cloud.call(&SCHEDULER, "CreateSchedule", json!({"Name": "a", "State": "ENABLED"})).await.unwrap();
    let named = json!({"Name": "a", "GroupName": "g"});
    assert_eq!(cloud.call(&SCHEDULER, "DeleteSchedule", named.clone()).await.unwrap(), json!({}));
    let missing = cloud.call(&SCHEDULER, "GetSchedule", named).await.unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().starts_with("GetSchedule: "), "{missing}");
    let full = cloud.call(&SCHEDULER, "CreateScheduleGroup", json!({"Name": "g"})).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Quota);
    let sent = line.sent();
    let lines: Vec<_> = sent.iter().map(|one| format!("{} {}", one.method(), one.uri())).collect();
    let token = lines[4].split_once("clientToken=").unwrap().1;
    assert_eq!(
        lines.iter().map(|line| line.replace("https://scheduler.eu-west-1.amazonaws.com", "")).collect::<Vec<_>>(),
        [
            "GET /schedules?ScheduleGroup=a",
            "GET /schedules?ScheduleGroup=a",
            "GET /schedules?ScheduleGroup=a&NextToken=n%2F1",
            "POST /schedules/a",
            &format!("DELETE /schedules/a?groupName=g&clientToken={token}"),
            "GET /schedules/a?groupName=g",
            "POST /schedule-groups/g",
        ]
    );
    let body = serde_json::from_slice::<Value>(sent[3].body().bytes().unwrap()).unwrap();
    assert_eq!((&body["State"], body["ClientToken"].as_str().map(str::len)), (&json!("ENABLED"), Some(32)));
    assert_eq!(body.get("Name"), None);
    let kinds: Vec<_> = sent.iter().map(|one| one.headers().get("content-type")).collect();
    assert_eq!(kinds, [None, None, None, Some("application/json"), None, None, Some("application/json")]);
    let counted = ["ListSchedules", "CreateSchedule", "DeleteSchedule", "GetSchedule", "CreateScheduleGroup"];
    let counts = counted.map(|operation| cloud.meter.by_operation()[&format!("scheduler:{operation}")]);
    assert_eq!(counts, [3, 1, 1, 1, 1]);
}

#[tokio::test]
async fn each_call_has_a_token_of_its_own_if_none_is_given() {
    let line = Line::new(&[Answer::Status(200, "")]);
    let cloud = line.cloud("eu-west-1").await;
    identity(&cloud).await.unwrap();
    let given = json!({"SecretId": "a", "ClientRequestToken": "given"});
    assert_eq!(cloud.call(&SECRETS_MANAGER, "PutSecretValue", given).await.unwrap(), json!({}));
    for _ in 0..2 {
        cloud.call(&SECRETS_MANAGER, "PutSecretValue", json!({"SecretId": "a"})).await.unwrap();
    }
    cloud.call(&SSM, "PutParameter", json!({"Name": "a"})).await.unwrap();
    let body = |request: &HttpRequest| serde_json::from_slice::<Value>(request.body().bytes().unwrap()).unwrap();
    let sent: Vec<_> = line.sent().iter().map(body).collect();
    assert_eq!(sent[0]["ClientRequestToken"], "given");
    assert_ne!(sent[1]["ClientRequestToken"], sent[2]["ClientRequestToken"]);
    assert_eq!(sent[3], json!({"Name": "a"}));
}

#[tokio::test]
async fn nothing_is_changed_by_table_before_sts_has_named_the_account() {
    let line = Line::new(&[Answer::Status(200, "{}")]);
    let cloud = line.cloud("eu-west-1").await;
    let error = cloud.call(&SSM, "PutParameter", json!({"Name": "a"})).await.unwrap_err();
    assert_eq!((error.is_own(crate::cloud::Cause::Unverified), line.sent().len()), (true, 0), "{error}");
}

/// The environment's word for one service.
#[derive(Debug)]
struct OfOneService;

impl LoadServiceConfig for OfOneService {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.service_id() == "Secrets Manager").then(|| format!("http://localhost/{}", key.env()))
    }
}

#[test]
fn an_endpoint_is_given_or_known_and_never_guessed() {
    let config = || SdkConfig::builder().region(Region::new("eu-west-1"));
    let at = |api: &Api, region: &str| url(&config().build(), api, region);
    let cases = [
        (&SECRETS_MANAGER, "eu-west-1", Some("https://secretsmanager.eu-west-1.amazonaws.com")),
        (&SSM, "us-gov-west-1", Some("https://ssm.us-gov-west-1.amazonaws.com")),
        (&ECR, "cn-north-1", Some("https://api.ecr.cn-north-1.amazonaws.com.cn")),
        (&SSM, "eusc-de-east-1", Some("https://ssm.eusc-de-east-1.amazonaws.eu")),
        (&SSM, "us-iso-east-1", None),
        (&SSM, "eu-isoe-west-1", None),
    ];
    for (api, region, expected) in cases {
        assert_eq!(at(api, region).ok().as_deref(), expected, "{region}");
    }
    for special in [config().use_fips(true), config().use_dual_stack(true)] {
        assert!(url(&special.endpoint_url("http://localhost").build(), &SSM, "eu-west-1").is_err());
    }
    let own = config().endpoint_url("http://all").service_config(OfOneService).build();
    assert_eq!(url(&own, &SECRETS_MANAGER, "us-iso-east-1").unwrap(), "http://localhost/AWS_ENDPOINT_URL");
    assert_eq!(url(&own, &SSM, "eu-west-1").unwrap(), "http://all");
}

#[tokio::test]
async fn a_secret_is_shown_nowhere() {
    const SECRET: &str = "hunter2";
    let line = Line::new(&[Answer::Status(200, "hunter2 is no JSON")]);
    let cloud = line.cloud("eu-west-1").await;
    let document = json!({"SecretId": SECRET, "SecretString": SECRET});
    let error: CloudError = cloud.call(&SECRETS_MANAGER, "DescribeSecret", document.clone()).await.unwrap_err();
    for shown in [format!("{error}"), format!("{error:?}"), format!("{cloud:?}"), format!("{:?}", Unshown(document))] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
