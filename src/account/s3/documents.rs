//! The settings of a bucket that are documents: its policy, and what becomes of its objects, who may read them from other
//! sites, and the website that they are.

use serde_json::{Value, json};

use super::call::Call;
use super::{Bucket, PublicAccessBlock, bucket, elements, malformed, ok, xml};
use crate::account::Account;
use crate::rules::{BUCKET_CORS, BUCKET_LIFECYCLE, BUCKET_POLICY, BUCKET_WEBSITE, Rules};
use crate::wire::{Fault, Reply};

/// A setting that is a document in XML.
struct Document {
    /// The word by which calls are about it.
    about: &'static str,
    root: &'static str,
    /// The field under which the rules know it.
    field: &'static str,
    rules: &'static Rules,
    /// The refusal if there is none: its code and its words.
    unset: (&'static str, &'static str),
}

static DOCUMENTS: [Document; 3] = [
    Document {
        about: "lifecycle",
        root: "LifecycleConfiguration",
        field: "lifecycleConfiguration",
        rules: &BUCKET_LIFECYCLE,
        unset: ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    },
    Document {
        about: "cors",
        root: "CORSConfiguration",
        field: "corsConfiguration",
        rules: &BUCKET_CORS,
        unset: ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    },
    Document {
        about: "website",
        root: "WebsiteConfiguration",
        field: "websiteConfiguration",
        rules: &BUCKET_WEBSITE,
        unset: ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    },
];

/// Answers a call about a document.
pub(super) fn answer(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let document = DOCUMENTS.iter().find(|document| document.about == call.about).expect("the calls are about these");
    bucket(account, call.bucket)?;
    match call.request.method.as_str() {
        "PUT" => {
            let value = document.read(account, &call.body.bytes)?;
            bucket(account, call.bucket)?.documents.insert(document.about.to_owned(), value);
            Ok(Reply::empty(200))
        }
        "DELETE" => {
            bucket(account, call.bucket)?.documents.remove(document.about);
            Ok(Reply::empty(204))
        }
        _ => {
            let value = bucket(account, call.bucket)?.documents.get(document.about);
            let (code, words) = document.unset;
            let value = value.ok_or_else(|| not_set(call, code, words))?;
            Ok(ok(xml::document(document.root, &elements::written(value))))
        }
    }
}

impl Document {
    /// The value of a request's body, if the rules allow it. A lifecycle rule without a name gets one.
    fn read(&self, account: &mut Account, body: &[u8]) -> Result<Value, Fault> {
        let parsed = xml::parse(body)?;
        let root = parsed.root_element();
        if root.tag_name().name() != self.root {
            return Err(malformed());
        }
        let mut value = elements::read(root);
        let is_list = self.about != "website";
        if is_list && !value.as_object().is_some_and(|members| members.contains_key(self.list())) {
            return Err(malformed());
        }
        self.rules.check(&json!({ self.field: value }), |words| Fault::client("InvalidRequest", words))?;
        if self.about == "lifecycle" {
            for rule in value["rules"].as_array_mut().into_iter().flatten().filter(|rule| rule["id"].is_null()) {
                rule["id"] = account.unique_hex(48).into();
            }
        }
        Ok(value)
    }

    fn list(&self) -> &'static str {
        if self.about == "cors" { "corsRules" } else { "rules" }
    }
}

/// Answers a call about the policy.
pub(super) fn policy(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    bucket(account, call.bucket)?;
    match call.request.method.as_str() {
        "PUT" => {
            let policy = checked(account, call)?;
            let bucket = bucket(account, call.bucket)?;
            if bucket.public_access_block.is_some_and(PublicAccessBlock::refuses_policies) && is_public(&policy) {
                let message = "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked \
                               by the BlockPublicPolicy block public access setting.";
                return Err(Fault::client("AccessDenied", message).with_status(403));
            }
            bucket.policy = Some(policy.to_string());
            Ok(Reply::empty(204))
        }
        "DELETE" => {
            bucket(account, call.bucket)?.policy = None;
            Ok(Reply::empty(204))
        }
        _ => {
            let Bucket { policy, .. } = bucket(account, call.bucket)?;
            let policy = policy
                .clone()
                .ok_or_else(|| not_set(call, "NoSuchBucketPolicy", "The bucket policy does not exist"))?;
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(Reply { status: 200, headers, body: policy.into_bytes() })
        }
    }
}

/// The policy of a request, in the form in which it reads back.
fn checked(account: &Account, call: &Call<'_>) -> Result<Value, Fault> {
    let refuse = |words: String| Fault::client("MalformedPolicy", words);
    let policy: Value = serde_json::from_slice(&call.body.bytes)
        .map_err(|_| refuse("Policies must be valid JSON and the first byte must be '{'".to_owned()))?;
    BUCKET_POLICY.check(&policy, refuse)?;
    let (bucket, inside) = (super::arn(call.bucket), super::arn(&format!("{}/", call.bucket)));
    for resource in listed(&policy["Statement"]).flat_map(|statement| listed(&statement["Resource"])) {
        if !resource.as_str().is_some_and(|arn| arn == bucket || arn.starts_with(&inside)) {
            return Err(refuse("Policy has invalid resource".to_owned()));
        }
    }
    crate::iam::resource_policy(account, policy).map_err(|_| refuse("Invalid principal in policy".to_owned()))
}

/// Returns whether a policy lets everybody in. S3 knows more conditions that leave one public than none.
fn is_public(policy: &Value) -> bool {
    listed(&policy["Statement"]).any(|statement| {
        let who = &statement["Principal"];
        let is_everybody = who == "*" || listed(&who["AWS"]).any(|name| name == "*");
        statement["Effect"] == "Allow" && is_everybody && statement["Condition"].is_null()
    })
}

/// A value or the items of a list.
fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    let one = if value.is_null() { &[] } else { std::slice::from_ref(value) };
    value.as_array().map_or(one, Vec::as_slice).iter()
}

fn not_set(call: &Call<'_>, code: &str, message: &str) -> Fault {
    Fault::client(code, message).with_status(404).with("BucketName", call.bucket)
}
