//! What a source gives away: values that look like secrets, wherever they stand. lab.yaml is kept and shared, so that what
//! might be one is left out, and said to be.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Note;
use super::part::{Part, Role};
use crate::model::{gives_away, holds_a_secret, names_a_secret, without_secrets};

/// The programs, by the beginnings of their names, that take a password behind a short option ("mysql Client Options",
/// `redis-cli --help`, `mongosh --help`, sshpass(1), curl(1): there it stands behind the user's name).
const SHORT: [(&str, &str); 8] = [
    ("mysql", "-p"),
    ("mariadb", "-p"),
    ("mongo", "-p"),
    ("redis-cli", "-a"),
    ("sshpass", "-p"),
    ("curl", "-u"),
    ("curl", "--user"),
    ("valkey-cli", "-a"),
];
/// Names of secrets that no other program has.
const NAMES: [&str; 3] = ["requirepass", "masterauth", "authorization"];
const WHY: &str = "something in it looks like a secret, which doesn't belong here";
const WAY: &str = "something in it looks like a secret, which doesn't belong here: let a shell take it from a variable, as in \
    `[sh, -c, 'exec server --password=\"$PASSWORD\"']`, and give that as one of `secrets`";

/// Returns whether whoever reads a variable's value learns a secret, or might. What is only shown may be judged more mildly
/// (`gives_away`) than what is written.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let variable = json!({ "name": name, "value": value });
    without_secrets(variable.clone(), &BTreeSet::new()) != variable
        || in_words(&[value.to_owned()])
        || speaks(name) && is_value(value)
}

/// Returns whether the words of a command hold a secret: by its form, or behind an option or a name that speaks of one.
pub(super) fn in_words(words: &[String]) -> bool {
    if words.iter().any(|word| in_json(word)) {
        return true;
    }
    let texts = words.iter().flat_map(|word| word.split(|sign: char| sign.is_whitespace() || "\"'`".contains(sign)));
    if texts.clone().any(|text| holds_a_secret(&text.replace("://", " ")) || has_password(text)) {
        return true;
    }
    let parts = texts.flat_map(|text| text.split([',', ';', '|', '&', '(', ')', '<', '>', '?', '{', '}']));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let after = |at: usize| parts.get(at + 1).copied().unwrap_or_default();
    let programs = parts.iter().map(|part| part.rsplit('/').next().unwrap_or_default());
    let short: Vec<&(&str, &str)> =
        SHORT.iter().filter(|(program, _)| programs.clone().any(|part| part.starts_with(program))).collect();
    parts.iter().enumerate().any(|(at, part)| {
        let glued = part.split_once(['=', ':']).is_some_and(|(name, value)| speaks(name) && is_value(value));
        let parted = (part.starts_with('-') || part.ends_with(':')) && speaks(part.trim_end_matches(':'));
        let scheme = ["bearer", "basic", "token"].iter().any(|scheme| after(at).eq_ignore_ascii_case(scheme));
        let next = if scheme { after(at + 1) } else { after(at) };
        let behind = short.iter().filter_map(|(program, option)| Some((program, part.strip_prefix(option)?)));
        let mut behind = behind.map(|(program, rest)| (program, if rest.is_empty() { after(at) } else { rest }));
        let is_short = behind.any(|(program, value)| match *program {
            "curl" => value.split_once(':').is_some_and(|(_, password)| is_value(password)),
            _ => is_value(value),
        });
        glued || parted && is_value(next) || is_short
    })
}

/// Returns whether a text ends in a JSON document that holds a secret, as in `--config={"password": …}`.
fn in_json(text: &str) -> bool {
    let document = text.find('{').and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok());
    document.is_some_and(|document| gives(&document))
}

/// Leaves out of a part what gives a secret away.
pub(super) fn hush(part: &mut Part) {
    let mut notes = Vec::new();
    let mut containers = part.definition.remove("containerDefinitions").unwrap_or_default();
    notes.extend(hushed(&mut part.definition, ""));
    for container in containers.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = format!("containerDefinitions.{name}.");
        notes.extend(hushed(container, &place));
    }
    part.definition.insert("containerDefinitions".to_owned(), containers);
    if let Role::Service { exposed: Some(exposed), .. } = &mut part.role
        && gives(&exposed.health["healthCheckPath"])
    {
        exposed.health.insert("healthCheckPath".to_owned(), "/".into());
        notes.push(Note { place: "healthCheckPath".to_owned(), words: WHY.to_owned() });
    }
    part.notes.extend(notes);
}

fn hushed(fields: &mut Map<String, Value>, place: &str) -> Vec<Note> {
    // Variables were looked at one by one, and what an image is can't be left out.
    let kept = ["name", "image", "environment", "secrets"];
    let mut notes = Vec::new();
    fields.retain(|field, value| {
        let is_open = kept.contains(&field.as_str()) || !gives(value);
        if !is_open {
            let words = if ["command", "entryPoint", "healthCheck"].contains(&field.as_str()) { WAY } else { WHY };
            notes.push(Note { place: format!("{place}{field}"), words: words.to_owned() });
        }
        is_open
    });
    notes
}

/// Returns whether something in a value is a secret: one of its texts, the words of a list, or what stands by a name.
fn gives(value: &Value) -> bool {
    match value {
        Value::String(text) => in_words(std::slice::from_ref(text)),
        Value::Array(items) => {
            let words: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            in_words(&words) || items.iter().any(gives)
        }
        Value::Object(fields) => {
            without_secrets(value.clone(), &BTreeSet::new()) != *value
                || fields
                    .iter()
                    .any(|(name, value)| value.as_str().is_some_and(|text| is_number_of(name, text)) || gives(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns whether a text is a URL with a password in it, even one that doesn't stand there as it should.
fn has_password(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    let password = user.and_then(|(user, _)| user.split_once(':'));
    password.is_some_and(|(_, password)| !password.is_empty() && !stands_for_another(password))
}

fn speaks(name: &str) -> bool {
    let plain = name.trim_start_matches('-').to_ascii_lowercase();
    let is_pass = plain.ends_with("pass") && !["bypass", "compass"].iter().any(|word| plain.ends_with(word));
    names_a_secret(name) || is_pass || NAMES.contains(&plain.as_str())
}

fn is_value(text: &str) -> bool {
    let is_option = text.starts_with('-');
    !is_option && !stands_for_another(text) && (gives_away("PASSWORD", text) || is_number_of("PASSWORD", text))
}

/// Returns whether a text is a variable of a shell's.
fn stands_for_another(text: &str) -> bool {
    text.starts_with(['$', '%'])
}

/// Returns whether a value is a number that a name says is a secret, and that is long enough for one.
fn is_number_of(name: &str, value: &str) -> bool {
    names_a_secret(name) && value.len() >= 4 && value.bytes().all(|sign| sign.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_seen_among_the_words_of_a_command() {
        let secret = r#"
            server --password=hunter2
            server --password hunter2
            redis-server --requirepass hunter2
            redis-cli -a hunter2 ping
            mysqladmin ping -h localhost -u root -phunter2
            sh -c "PGPASSWORD=hunter2 psql -h db"
            sh -c 'exec java -Ddb.password=1234567 -jar app.jar'
            migrate -database postgres://app:hunter2@db/app up
            migrate -database postgres://app:hun/ter2@db/app up
            curl -f -u admin:hunter2 http://localhost/
            curl -H "X-Api-Key: hunter2" http://localhost/
            curl -H "Authorization: Bearer hunter2" http://localhost/
            curl http://localhost/health?access_token=hunter2
            bot glpat-0123456789abcdefghij
        "#;
        let open = r#"
            node server.js --port=3000
            server --password=$PASSWORD --token-file /run/token
            server --max-tokens 4096 --pass-through yes
            sh -c 'exec redis-server --requirepass "$REDIS_PASSWORD"'
            mysqladmin ping -h localhost -p$MYSQL_ROOT_PASSWORD
            sh -c 'psql postgres://app:${PW}@db/app'
            curl -f -u "$USER:$PASSWORD" http://localhost:3000/health
            curl -H "Authorization: Bearer $TOKEN" http://localhost:8080/
            grep -p x
            gunicorn -b 0.0.0.0:8000 app:app --bypass on
        "#;
        for (lines, expected) in [(secret, true), (open, false)] {
            for line in lines.trim().lines().map(str::trim) {
                let words = shlex::split(line).unwrap();
                assert_eq!(in_words(&words), expected, "{line}");
                assert_eq!(in_words(&[line.to_owned()]), expected, "{line}");
            }
        }
    }

    #[test]
    fn a_variable_that_might_be_a_secret_is_one() {
        for (name, value, expected) in [
            ("DB_PASSWORD", "12345", true),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("SALT", "Zk29dPq01LmX8RtB", true),
            ("JDBC_URL", "jdbc:postgresql://db/app?user=u&password=hunter2", true),
            ("CONNECTION", "Server=db;User Id=sa;Password=Hunter2;", true),
            ("JAVA_OPTS", "-Xmx512m -Dfile.encoding=UTF-8", false),
            ("MAX_TOKENS", "4096", false),
            ("PORT", "3000", false),
            ("URL", "http://api:8080/x", false),
        ] {
            assert_eq!(is_secret(name, value), expected, "{name}={value}");
        }
    }
}
