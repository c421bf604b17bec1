//! Calls that aren't modelled whole, and what the refusals of those that are tell.

use super::{BUCKET, Client};

#[test]
fn a_call_that_is_not_modelled_is_refused_and_changes_nothing() {
    let client = Client::new();
    client.put("a", "test");
    let calls = [
        ("DELETE", "?inventory&id=x"),
        ("PUT", "?logging"),
        ("DELETE", "?replication"),
        ("PUT", "?notification"),
        ("PUT", "?acl"),
        ("GET", "?acl"),
        ("GET", "?unheard-of"),
        ("POST", ""),
        ("OPTIONS", "a"),
        ("PUT", "a?legal-hold"),
        ("PUT", "a?retention"),
        ("PUT", "a?acl"),
        ("GET", "a?attributes"),
        ("GET", "a?torrent"),
        ("POST", "a?restore"),
        ("POST", "a?select&select-type=2"),
        ("DELETE", "a?unheard-of"),
        ("PUT", "a?partNumber=1"),
    ];
    for (method, place) in calls {
        client.refuses((501, "NotImplemented"), method, place, &[], "x");
    }
    let headers = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-website-redirect-location", "/x"),
        ("x-amz-write-offset-bytes", "4"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-unheard-of", "x"),
    ];
    for header in headers {
        let said = client.refuses((501, "NotImplemented"), "PUT", "a", &[header], "x");
        assert!(said.text("Header").starts_with(header.0), "{said:?}");
    }
    client.refuses((501, "NotImplemented"), "GET", "a", &[headers[0]], "");
    client.refuses((501, "NotImplemented"), "DELETE", "", &[("if-match", "x")], "");
    client.refuses((400, "InvalidStorageClass"), "PUT", "a", &[("x-amz-storage-class", "WARM")], "x");
    client.refuses((400, "AccessControlListNotSupported"), "PUT", "a", &[("x-amz-acl", "public-read")], "x");
    client.refuses((400, "KeyTooLongError"), "PUT", &"k".repeat(1025), &[], "x");
    let large = "m".repeat(2048);
    client.refuses((400, "MetadataTooLarge"), "PUT", "a", &[("x-amz-meta-a", &large)], "x");
    assert_eq!(client.get("a").body, "test");
}

#[test]
fn refusals_name_the_bucket_and_the_key() {
    let client = Client::new();
    let missing = client.refuses((404, "NoSuchKey"), "GET", "none", &[], "");
    assert_eq!((&*missing.text("Key"), missing.texts("Resource").len()), ("none", 0));
    let nowhere = client.send_to("eu-west-1", "GET", "/no-such-bucket", &[], b"");
    assert_eq!((nowhere.status, &*nowhere.text("BucketName")), (404, "no-such-bucket"));
    for place in ["?tagging", "?policy", "?lifecycle"] {
        let unset = client.send("GET", place, &[], b"");
        assert_eq!((unset.status, &*unset.text("BucketName")), (404, BUCKET), "{unset:?}");
    }
    client.put("a", "x");
    let full = client.refuses((409, "BucketNotEmpty"), "DELETE", "", &[], "");
    assert_eq!(
        (&*full.text("BucketName"), &*full.text("Message")),
        (BUCKET, "The bucket you tried to delete is not empty")
    );
    let owner = |id: &'static str| [("x-amz-expected-bucket-owner", id)];
    client.refuses((400, "InvalidBucketOwnerAWSAccountID"), "GET", "?tagging", &owner("0000"), "");
    client.refuses((403, "AccessDenied"), "GET", "?tagging", &owner("999999999999"), "");
    let elsewhere = client.send_to("eu-west-3", "GET", &format!("/{BUCKET}"), &[], b"");
    assert_eq!((elsewhere.status, &*elsewhere.text("Bucket")), (301, BUCKET));
}

#[test]
fn buckets_are_made_where_the_endpoint_says() {
    let client = Client::new();
    let cases = [
        ("us-east-1", "", Ok("")),
        ("us-east-1", "eu-central-1", Ok("eu-central-1")),
        ("us-east-1", "EU", Ok("EU")),
        ("us-east-1", "us-east-1", Err("InvalidLocationConstraint")),
        ("us-east-1", "foo", Err("InvalidLocationConstraint")),
        ("eu-west-1", "eu-west-1", Ok("eu-west-1")),
        ("eu-west-1", "EU", Ok("EU")),
        ("eu-west-1", "", Err("IllegalLocationConstraintException")),
        ("eu-west-1", "us-east-1", Err("IllegalLocationConstraintException")),
        ("us-east-2", "eu-west-1", Err("IllegalLocationConstraintException")),
    ];
    for (number, (endpoint, constraint, expected)) in cases.into_iter().enumerate() {
        let name = format!("bucket-{number}");
        let body = format!("<C><LocationConstraint>{constraint}</LocationConstraint></C>");
        let made = client.send_to(endpoint, "PUT", &format!("/{name}"), &[], body.as_bytes());
        let case = format!("{constraint:?} at {endpoint}: {made:?}");
        let Ok(location) = expected else {
            assert_eq!((made.status, Err(&*made.text("Code"))), (400, expected), "{case}");
            continue;
        };
        assert_eq!((made.status, made.header("x-amz-bucket-arn")), (200, &*format!("arn:aws:s3:::{name}")), "{case}");
        let region = match location {
            "" => "us-east-1",
            "EU" => "eu-west-1",
            location => location,
        };
        let said = client.send_to(region, "GET", &format!("/{name}?location"), &[], b"");
        assert_eq!((said.status, &*said.text("LocationConstraint")), (200, location), "{case}");
    }
    let unnamed = client.send_to("us-east-2", "PUT", "/bucket-x", &[], b"");
    assert!(unnamed.text("Message").starts_with("The unspecified location constraint"), "{unnamed:?}");
    let tagged =
        "<C><LocationConstraint>eu-west-1</LocationConstraint><Tags><Tag><Key>aws:x</Key><Value/></Tag></Tags></C>";
    let tagged = client.send_to("eu-west-1", "PUT", "/bucket-y", &[], tagged.as_bytes());
    assert_eq!((tagged.status, &*tagged.text("Code")), (400, "InvalidTag"));
    assert_eq!(client.send_to("eu-west-1", "HEAD", "/bucket-y", &[], b"").status, 404);
    let nowhere = client.send_to("nowhere", "GET", "/", &[], b"");
    assert_eq!((nowhere.status, &*nowhere.text("Code")), (403, "InvalidSignatureException"));
}
