//! Files of which something would give a secret away, steer what is written, or take all memory and time.

use super::*;

#[test]
fn no_secret_is_written_wherever_it_stands() {
    let compose = r#"services:
  web:
    image: web
    command: server --password=hunter2-a
    entrypoint: ["sh", "-c", "exec env API_TOKEN=hunter2-b \"$$@\"", "--"]
    ports: ["80:80"]
    healthcheck: { test: "curl -f http://localhost/health?token=hunter2-c" }
    environment:
      JDBC_URL: "jdbc:postgresql://db/app?user=app&password=hunter2-d"
      PIN_PASSWORD: "20202020"
  plain: { image: web, command: "server --port 80" }
"#;
    let task = r#"{ "family": "f", "containerDefinitions": [{ "name": "web", "image": "web", "command": ["a", "--token", "hunter2-e"],
        "dockerLabels": { "admin.password": "hunter2-f" }, "portMappings": [{ "containerPort": 80 }] }] }"#;
    let copilot = "name: w\ntype: Load Balanced Web Service\nimage: { location: web, port: 80 }\n\
        command: run --secret hunter2-g\nhttp: { path: /, healthcheck: '/?access_token=hunter2-h' }\n";
    for (text, places) in [
        (
            compose,
            &["web.command", "web.entryPoint", "web.healthCheck", "JDBC_URL", "PIN_PASSWORD", "healthCheckPath"][..],
        ),
        (task, &["web.command", "web.dockerLabels"]),
        (copilot, &["w.command", "healthCheckPath"]),
    ] {
        let (text, _, notes) = written(&Draft::of_file("it", text, "").unwrap());
        let told = notes.join("\n");
        assert!(!text.contains("hunter2") && !text.contains("20202020") && !told.contains("hunter2"), "{text}\n{told}");
        for place in places {
            assert!(told.contains(place), "{place}: {told}");
        }
    }
    let (text, ..) = written(&Draft::of_file("it", compose, "").unwrap());
    assert!(text.contains("command: [server, \"--port\", \"80\"]"), "{text}");
}

#[test]
fn no_secret_is_written_that_stands_in_json_or_behind_an_option() {
    for part in [
        r#"environment: { SETTINGS: '{"db": {"password": "hunter2"}}' }"#,
        r#"command: ['server', '--config={"token": "hunter2"}']"#,
        "command: [curl, '--user', 'app:hunter2', 'http://x']",
        "environment: { DBPASS: hunter2 }",
    ] {
        let text = format!("services:\n  web:\n    image: x\n    {part}\n");
        let (text, ..) = written(&Draft::of_file("it", &text, "").unwrap());
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn secrets_that_may_differ_are_kept_apart() {
    let text = "services:\n  a: { image: x, environment: { DB_PASSWORD: '${ONE}', SAME_TOKEN: '${SAME_TOKEN}' } }\n  \
        b: { image: x, environment: { DB_PASSWORD: '${OTHER}', db_password: hunter2-staple, SAME_TOKEN: '${SAME_TOKEN}' } }\n";
    let draft = Draft::of_file("compose.yaml", text, "").unwrap();
    assert_eq!(draft.variables(), ["DB_PASSWORD", "SAME_TOKEN", "B_DB_PASSWORD", "B_B_db_password"]);
    let (_, lab, _) = written(&draft);
    let mut names: Vec<&String> = lab["secrets"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["b-b-db-password", "b-db-password", "db-password", "same-token"]);
    let one = |arn: &str| {
        format!(r#"{{ "name": "{arn}", "image": "x", "secrets": [{{ "name": "KEY_TOKEN", "valueFrom": "{arn}" }}] }}"#)
    };
    let task = format!(r#"{{ "family": "f", "containerDefinitions": [{}, {}] }}"#, one("one"), one("two"));
    assert_eq!(Draft::of_file("t.json", &task, "").unwrap().variables().len(), 2);
}

#[test]
fn names_of_variables_put_nothing_into_the_file() {
    let text = r#"services: { web: { image: x, environment: {
        "A\nlab: evil": b, "X_TOKEN\nregion: evil": "hunter2-a", "a;id;TOKEN": "hunter2-b", "b=c": d, "": e,
        "\u202eTOKEN": "hunter2-c" } } }"#;
    let draft = Draft::of_file("compose.yaml", text, "").unwrap();
    assert_eq!(draft.variables(), ["a_id_TOKEN"]);
    let (text, lab, notes) = written(&draft);
    assert_eq!((&lab["lab"], &lab["region"]), (&json!("first"), &json!("eu-west-1")));
    assert!(!text.contains('\u{202e}') && text.contains("a_id_TOKEN`"), "{text}");
    assert_eq!(notes.iter().filter(|note| note.contains("variable of this name")).count(), 5, "{notes:#?}");
}

#[test]
fn what_would_take_all_memory_or_time_is_refused() {
    let many: String = (0..5000).map(|n| format!("  a{n}: {{ image: x }}\n")).collect();
    let bomb: String = (1..30).map(|n| format!("x{n}: &x{n} [{}]\n", format!("*x{},", n - 1).repeat(9))).collect();
    let deep = format!("services: {}", "[".repeat(200_000));
    for (text, words) in [
        (format!("services:\n{many}"), "it has 5000 services, and a lab is made of 100 at most"),
        (format!("x0: &x0 [a]\n{bomb}services: {{ a: {{ image: x, x-b: *x29 }} }}\n"), "compose.yaml: "),
        (deep, "compose.yaml: "),
    ] {
        let begun = std::time::Instant::now();
        let error = Draft::of_file("compose.yaml", &text, "").unwrap_err();
        assert!(error.message.contains(words) && error.message.len() < 300, "{words}: {error}");
        assert!(begun.elapsed().as_secs() < 20, "{words}: {:?}", begun.elapsed());
    }
}
