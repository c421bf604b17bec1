//! Several accounts behind one server, as the SDK's clients see them: whose a call is, roles, limits, and time.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio_util::sync::CancellationToken;

use crate::testing::{config, pass};
use labform_account::{Accounts, Sandbox, Server};

/// Keys of the first account, and of three others.
const FIRST: &str = "AKIDANYBODY";
const ANN: &str = "111111111111";
const BOB: &str = "222222222222";
const EVE: &str = "333333333333";

/// A server of several accounts, which ends with the test's runtime.
struct Class {
    folder: tempfile::TempDir,
    url: String,
}

impl Class {
    async fn start(options: impl FnOnce(Server) -> Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = serve(folder.path(), options).await;
        Self { folder, url }
    }

    /// The configuration of a client in a region, with these keys.
    fn within(&self, region: &'static str, keys: Credentials) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&self.url)
            .build()
    }

    fn client(&self, key: &str) -> SdkConfig {
        self.within("eu-west-1", Credentials::new(key, "secret", None, None, "a test"))
    }

    fn sts(&self, key: &str) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.client(key))
    }

    fn logs(&self, key: &str) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.client(key))
    }

    fn file(&self, account: &str, end: &str) -> PathBuf {
        self.folder.path().join(format!("{account}.json{end}"))
    }
}

/// Serves the accounts in a folder, and returns where.
async fn serve(folder: &Path, options: impl FnOnce(Server) -> Server) -> String {
    let accounts = Accounts::beside(Sandbox::in_memory(), folder).unwrap();
    let server = options(Server::bind(accounts, 0, 1).await.unwrap());
    let url = server.url();
    tokio::spawn(async move { server.run(&CancellationToken::new(), |_| ()).await });
    url
}

async fn make_group(logs: &aws_sdk_cloudwatchlogs::Client, name: &str) {
    logs.create_log_group().log_group_name(name).send().await.unwrap();
}

async fn groups(logs: &aws_sdk_cloudwatchlogs::Client) -> Vec<String> {
    let answer = logs.describe_log_groups().send().await.unwrap();
    answer.log_groups().iter().map(|group| group.log_group_name().unwrap().to_owned()).collect()
}

/// Status, code and message of a refusal.
#[track_caller]
fn refusal<T: std::fmt::Debug, E>(result: Result<T, SdkError<E, HttpResponse>>) -> (u16, String, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.unwrap_err();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let status = error.raw_response().unwrap().status().as_u16();
    (status, text(error.code()), text(error.message()))
}

async fn who(sts: &aws_sdk_sts::Client) -> (String, String) {
    let answer = sts.get_caller_identity().send().await.unwrap();
    (answer.account().unwrap().to_owned(), answer.arn().unwrap().to_owned())
}

#[tokio::test]
async fn a_key_of_twelve_digits_is_an_account_that_is_made_at_its_first_use() {
    let class = Class::start(|server| server).await;
    for (key, account) in
        [(FIRST, "123456789012"), (ANN, ANN), ("123456789012", "123456789012"), ("11111111111", "123456789012")]
    {
        let expected = (account.to_owned(), format!("arn:aws:iam::{account}:user/student"));
        assert_eq!(who(&class.sts(key)).await, expected, "{key}");
    }
    make_group(&class.logs(ANN), "/ann").await;
    make_group(&class.logs(FIRST), "/first").await;
    assert!(!class.file(BOB, "").exists());
    assert_eq!(groups(&class.logs(BOB)).await, [""; 0]);
    assert_eq!(groups(&class.logs(ANN)).await, ["/ann"]);
    assert_eq!(groups(&class.logs(FIRST)).await, ["/first"]);
    assert!(class.file(BOB, "").exists() && !class.file("123456789012", "").exists());

    // Each has a default VPC of its own, and AWS gives no id twice.
    let mut vpcs = Vec::new();
    for key in [FIRST, ANN, BOB] {
        let answer = aws_sdk_ec2::Client::new(&class.client(key)).describe_vpcs().send().await.unwrap();
        assert_eq!(answer.vpcs().len(), 1);
        assert_eq!(answer.vpcs()[0].is_default(), Some(true));
        vpcs.push(answer.vpcs()[0].vpc_id().unwrap().to_owned());
    }
    vpcs.sort_unstable();
    vpcs.dedup();
    assert_eq!(vpcs.len(), 3);

    let url = serve(class.folder.path(), |server| server).await;
    let again = Class { url, ..class };
    assert_eq!(groups(&again.logs(ANN)).await, ["/ann"], "the file is the account");
}

#[tokio::test]
async fn a_role_is_assumed_in_the_account_that_it_belongs_to() {
    let class = Class::start(|server| server).await;
    let assume = |sts: &aws_sdk_sts::Client, account: &str| {
        sts.assume_role()
            .role_arn(format!("arn:aws:iam::{account}:role/class/student"))
            .role_session_name("labform-zoe")
            .external_id("tp8:zoe")
    };
    let answer = assume(&class.sts(FIRST), ANN).duration_seconds(43_200).send().await.unwrap();
    let arn = format!("arn:aws:sts::{ANN}:assumed-role/student/labform-zoe");
    assert_eq!(answer.assumed_role_user().unwrap().arn(), arn);
    let given = answer.credentials().unwrap();
    assert!(given.access_key_id().starts_with("ASIA"));
    let left = given.expiration().secs() - aws_smithy_types::DateTime::from(std::time::SystemTime::now()).secs();
    assert!((43_100..=43_200).contains(&left), "{left}");

    // Its keys are good at another server on the same folder, too.
    let url = serve(class.folder.path(), |server| server).await;
    let class = Class { url, ..class };
    let keys = |token: &str| Credentials::new(given.access_key_id(), "secret", Some(token.to_owned()), None, "a test");
    let session = class.within("eu-west-1", keys(given.session_token()));
    let sts = aws_sdk_sts::Client::new(&session);
    assert_eq!(who(&sts).await, (ANN.to_owned(), arn.clone()));
    make_group(&aws_sdk_cloudwatchlogs::Client::new(&session), "/ann").await;
    assert_eq!(groups(&class.logs(ANN)).await, ["/ann"]);
    // A token that nobody gave out is nobody's.
    let forged = class.within("eu-west-1", keys(&given.session_token()[1..]));
    assert_eq!(who(&aws_sdk_sts::Client::new(&forged)).await.0, "123456789012");

    // A session in a session ends within an hour.
    let chained = assume(&sts, BOB).duration_seconds(3_601).send().await;
    let (status, code, message) = refusal(chained);
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    assert!(message.contains("1 hour session limit for roles assumed by role chaining"), "{message}");
    assume(&sts, BOB).duration_seconds(3_600).send().await.unwrap();

    let valid = assume(&class.sts(FIRST), ANN);
    for (asked, words) in [
        (valid.clone().duration_seconds(899), "'durationSeconds'"),
        (valid.clone().duration_seconds(43_201), "'durationSeconds'"),
        (valid.clone().role_session_name("zoë"), "'roleSessionName'"),
        (valid.clone().external_id("a b"), "'externalId'"),
        (valid.role_arn("arn:aws:iam::1:user/zoe"), "is invalid"),
    ] {
        let (status, code, message) = refusal(asked.send().await);
        assert_eq!((status, code.as_str()), (400, "ValidationError"));
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn sts_tells_nobody_why_a_role_is_not_to_be_had() {
    let class = Class::start(|server| server).await;
    let assume = |account: &str, role: &str| {
        let arn = format!("arn:aws:iam::{account}:role/{role}");
        class.sts(FIRST).assume_role().role_arn(arn).role_session_name("zoe").send()
    };
    std::fs::write(class.file(ANN, ".faults"), r#"{"roles": ["student"]}"#).unwrap();
    assume(ANN, "student").await.unwrap();
    assume(BOB, "teacher").await.unwrap();
    let words = "User: arn:aws:iam::123456789012:user/student is not authorized to perform: sts:AssumeRole on resource: \
                 arn:aws:iam::111111111111:role/teacher";
    assert_eq!(refusal(assume(ANN, "teacher").await), (403, "AccessDenied".to_owned(), words.to_owned()));
    std::fs::remove_file(class.file(ANN, ".faults")).unwrap();
    assume(ANN, "teacher").await.unwrap();

    // One account alone has only its own roles.
    let sts = aws_sdk_sts::Client::new(&config(&Sandbox::in_memory()));
    let alone = sts.assume_role().role_session_name("zoe");
    alone.clone().role_arn("arn:aws:iam::123456789012:role/student").send().await.unwrap();
    assert_eq!(refusal(alone.role_arn("arn:aws:iam::111111111111:role/student").send().await).0, 403);
}

#[tokio::test]
async fn keys_are_good_until_their_session_ends() {
    let sandbox = Sandbox::in_memory();
    let sts = aws_sdk_sts::Client::new(&config(&sandbox));
    let asked = sts.assume_role().role_arn("arn:aws:iam::123456789012:role/student").role_session_name("zoe");
    let answer = asked.duration_seconds(900).send().await.unwrap();
    let given = answer.credentials().unwrap();
    let keys =
        Credentials::new(given.access_key_id(), "secret", Some(given.session_token().to_owned()), None, "a test");
    let session = config(&sandbox).into_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build();
    let sts = aws_sdk_sts::Client::new(&session).get_caller_identity();
    pass(&sandbox, 890).await;
    sts.clone().send().await.unwrap();
    pass(&sandbox, 11).await;
    let ended = [
        refusal(sts.send().await),
        refusal(aws_sdk_ecs::Client::new(&session).list_clusters().send().await),
        refusal(aws_sdk_ec2::Client::new(&session).describe_vpcs().send().await),
        refusal(aws_sdk_s3::Client::new(&session).list_buckets().send().await),
    ];
    assert_eq!(
        ended.map(|(status, code, _)| (status, code)),
        [(403, "ExpiredToken"), (400, "ExpiredTokenException"), (400, "RequestExpired"), (400, "ExpiredToken")]
            .map(|(status, code)| (status, code.to_owned()))
    );
}

#[tokio::test]
async fn one_account_is_throttled_and_the_others_are_not() {
    let class = Class::start(|server| server.with_limit(Some(1_000))).await;
    let sts = async |key: &str| class.sts(key).get_caller_identity().send().await;
    std::fs::write(class.file(ANN, ".faults"), r#"{"callsPerSecond": 0}"#).unwrap();
    let session = class.client(ANN);
    let refused = [
        refusal(sts(ANN).await),
        refusal(aws_sdk_ecs::Client::new(&session).list_clusters().send().await),
        refusal(aws_sdk_ec2::Client::new(&session).describe_vpcs().send().await),
        refusal(aws_sdk_s3::Client::new(&session).list_buckets().send().await),
    ];
    assert_eq!(
        refused.map(|(status, code, _)| (status, code)),
        [(400, "Throttling"), (400, "ThrottlingException"), (503, "RequestLimitExceeded"), (503, "SlowDown")]
            .map(|(status, code)| (status, code.to_owned()))
    );
    for key in [BOB, FIRST, BOB, FIRST] {
        sts(key).await.unwrap();
    }

    // What is left is counted apart for each region.
    std::fs::write(class.file(EVE, ".faults"), r#"{"callsPerSecond": 1}"#).unwrap();
    let keys = || Credentials::new(EVE, "secret", None, None, "a test");
    for region in ["eu-west-1", "eu-west-3"] {
        let there = aws_sdk_sts::Client::new(&class.within(region, keys()));
        there.get_caller_identity().send().await.unwrap();
    }
    std::fs::remove_file(class.file(ANN, ".faults")).unwrap();
    sts(ANN).await.unwrap();
}

#[tokio::test]
async fn calls_are_late_and_none_waits_for_another() {
    const LATE: Duration = Duration::from_secs(1);
    let class = Class::start(|server| server.with_latency(LATE)).await;
    let clients = [class.sts(FIRST), class.sts(ANN), class.sts(ANN), class.sts(BOB), class.sts(EVE)];
    let begun = Instant::now();
    let calls = clients.map(|sts| tokio::spawn(async move { who(&sts).await }));
    for call in calls {
        call.await.unwrap();
    }
    let took = begun.elapsed();
    assert!(took >= LATE && took < 4 * LATE, "{took:?}");
}

#[tokio::test]
async fn a_file_that_holds_no_account_or_another_one_fails_its_own_calls_only() {
    let class = Class::start(|server| server).await;
    std::fs::write(class.file(ANN, ""), "{\"half\":").unwrap();
    make_group(&class.logs(BOB), "/bob").await;
    std::fs::copy(class.file(BOB, ""), class.file(EVE, "")).unwrap();
    for (key, words) in [(ANN, "not a sandbox account"), (EVE, "the file of account 333333333333 holds 222222222222")] {
        let error = class.sts(key).get_caller_identity().send().await.unwrap_err();
        let response = error.raw_response().unwrap();
        let text = String::from_utf8_lossy(response.body().bytes().unwrap()).into_owned();
        assert!(response.status().as_u16() == 500 && text.contains(words), "{text}");
    }
    assert_eq!(groups(&class.logs(BOB)).await, ["/bob"]);
    std::fs::remove_file(class.file(ANN, "")).unwrap();
    assert_eq!(who(&class.sts(ANN)).await.0, ANN, "without a file it is a fresh account");
}
