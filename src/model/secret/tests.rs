//! Names and values of secrets, and of what only looks like them.

use super::*;

#[test]
fn a_secret_is_not_shown() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret:?}"), "(not shown)");
    assert_eq!(secret.reveal(), "hunter2");
}

#[test]
fn secrets_are_told_by_the_words_of_their_name() {
    let secret = "DB_PASSWORD api_token TOKEN AWS_SECRET_ACCESS_KEY API_KEY STRIPE_PRIVATE_KEY DB_PASSWD splunk-token \
         secretString GITHUB_PAT DB_PASS pass PGPASSWORD MYSQL_PWD DB_PWD dbPassword AccessToken JWT AUTH_JWT API_KEYS \
         APIKey STRIPE_KEY RAILS_MASTER_KEY SECRET_KEY_BASE APP_KEY PASSWORD_HASH ACCESS_TOKENS clientSecret \
         DJANGO_SECRET_KEY GOOGLE_CREDENTIALS";
    let open = "generateSecretString COMPASS BYPASS PASS_THROUGH XPAT PATH INPUT_KEY AWS_ACCESS_KEY_ID MAX_TOKENS MAXTOKEN \
         PORT PWD OLDPWD KEY key DB_PASSWORD_FILE TOKEN_URL SECRET_NAME PUBLIC_KEY kmsKeyId kmsKey partitionKey MONKEY \
         KEYBOARD TOKENIZER passwordLength";
    for (names, is_secret) in [(secret, true), (open, false)] {
        for name in names.split_whitespace() {
            assert_eq!(names_a_secret(name), is_secret, "{name}");
            let line = format!("  - {{ name: {name}, valu: x }}");
            assert_eq!(speaks_of_a_secret(&line), is_secret, "{line}");
        }
    }
}

#[test]
fn values_that_can_be_no_secret_pass() {
    for (value, gives) in [
        ("hunter2", true),
        ("changeme", true),
        ("", false),
        ("true", false),
        ("yes", false),
        ("1", false),
        ("4096", false),
        ("/run/secrets/db", false),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-abcdef", false),
        ("https://example.org/forgot", false),
        ("https://app:hunter2@example.org/", true),
        ("https://example.org/?t=a1B2c3D4e5F6g7H8", true),
        ("${secrets.db.arn}", false),
    ] {
        assert_eq!(gives_away("DB_PASSWORD", value), gives, "{value}");
    }
}

#[test]
fn a_password_is_seen_in_a_url() {
    for (value, holds) in [
        ("postgres://app:hunter2@db:5432/app", true),
        ("redis://:hunter2@cache", true),
        ("https://host:8080/a@b:c", false),
        ("https://user@host/", false),
        ("s3://bucket/key", false),
        ("a:b@c", false),
        ("id=ASIAIOSFODNN7EXAMPLE;", true),
    ] {
        assert_eq!(holds_a_secret(value), holds, "{value}");
    }
    assert!(speaks_of_a_secret("- { name: URL, value: \"redis://:x@h\" }"));
    assert_eq!(shown_url("https://app:hunter2@db:5432/a"), "https://app:***@db:5432/a");
    assert_eq!(shown_url("http://127.0.0.1:5000"), "http://127.0.0.1:5000");
}

#[test]
fn only_values_of_secrets_are_hidden() {
    let document = serde_json::json!([{ "environment": [
        { "name": "DB_PASSWORD", "value": "hunter2" },
        { "name": "EMPTY_TOKEN", "value": "" },
        { "name": "CSRF_TOKEN", "value": "same-site" },
        { "name": "PORT", "value": "3000" },
        { "name": "GREETING", "value": "hello, world" },
        { "name": "SEED", "value": "q7Zp2LmX9vRt4KsW8bNc" },
        { "name": "DATABASE_URL", "value": "postgres://app:hunter2@db/app" },
    ], "options": { "splunk-token": "hunter2", "splunk-url": "https://splunk.example" } }]);
    let open = BTreeSet::from(["CSRF_TOKEN".to_owned()]);
    assert_eq!(
        without_secrets(document, &open),
        serde_json::json!([{ "environment": [
            { "name": "DB_PASSWORD", "value": "(not shown)" },
            { "name": "EMPTY_TOKEN", "value": "" },
            { "name": "CSRF_TOKEN", "value": "same-site" },
            { "name": "PORT", "value": "3000" },
            { "name": "GREETING", "value": "hello, world" },
            { "name": "SEED", "value": "(not shown)" },
            { "name": "DATABASE_URL", "value": "(not shown)" },
        ], "options": { "splunk-token": "(not shown)", "splunk-url": "https://splunk.example" } }])
    );
}

#[test]
fn that_a_hidden_value_is_another_one_is_told_and_nothing_more() {
    let document = |password: &str, token: &str, port: &str| {
        serde_json::json!({ "containers": [{ "name": "web", "environment": [
            { "name": "DB_PASSWORD", "value": password },
            { "name": "API_TOKEN", "value": token },
            { "name": "PORT", "value": port },
        ], "options": { "splunk-token": password } }] })
    };
    let (have, want) = (document("hunter2", "same-site", "80"), document("hunter3", "same-site", "81"));
    let hidden = |password: &str, port: &str| {
        let mut shown = document(password, HIDDEN, port);
        shown["containers"][0]["options"]["splunk-token"] = password.into();
        shown
    };
    let shown = both_without_secrets(&have, &want, &BTreeSet::new());
    assert_eq!(shown, (hidden("(not shown)", "80"), hidden("(not shown, changed)", "81")));
    let mut more = have.clone();
    more["containers"][0]["environment"].as_array_mut().unwrap().remove(0);
    let (_, added) = both_without_secrets(&more, &have, &BTreeSet::new());
    assert_eq!(added, hidden("(not shown)", "80"), "a new one isn't another one");
}
