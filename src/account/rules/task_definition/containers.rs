//! What holds of each container, wherever it runs.

use std::collections::BTreeSet;

use super::{CONTAINER, containers, on_fargate};
use crate::rules::input::{between, each, is_given, number, one_of, text, unique, up_to};
use crate::rules::{ECS_NAME, Found, Limit, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a task needs at least one essential container",
        CONTAINER,
        &["containerDefinitions[0].essential = false @ containerDefinitions", "containerDefinitions = []"],
        |input, found| {
            found.limits.push(("containerDefinitions".to_owned(), Limit::From(1)));
            let all = containers(input);
            if all.is_empty() {
                found.here("containerDefinitions").said("Container list cannot be empty.");
            } else if all.iter().all(|(_, container)| container["essential"] == false) {
                found.here("containerDefinitions").said("TaskDefinition must have at least one essential container.");
            }
        },
    ),
    Rule::new(
        "a container has a name of 1 to 255 letters, digits, _ and -, which no other of the task has",
        CONTAINER,
        &[
            r#"containerDefinitions[0].name = """#,
            r#"containerDefinitions[1].name = "web app""#,
            r#"containerDefinitions[1].name = "web""#,
        ],
        |input, found| {
            for (path, container) in containers(input) {
                let name = text(&container["name"]);
                if container["name"].is_null() || name == Some("") {
                    found
                        .at(format!("{path}.name"), "a container needs a name")
                        .said("Container.name should not be null or empty.");
                } else if let Some(name) = name.filter(|name| !ECS_NAME.allows(name)) {
                    found
                        .at(
                            format!("{path}.name"),
                            format!("`{name}` is not a valid name: AWS allows letters, digits, - and _"),
                        )
                        .said("Container.name contains invalid characters.");
                }
            }
            let words = |name: &str| {
                (format!("there are two containers `{name}`"), format!("Container names must be unique: {name}"))
            };
            unique(input, "containerDefinitions[].name", words, found);
        },
    ),
    Rule::new(
        "an image is a name of up to 255 characters, of which ECS knows letters, digits, and - _ : . / # @",
        "ContainerDefinition, Amazon ECS API; amazon-ecs-render-task-definition issue 49",
        &[
            r#"containerDefinitions[0].image = """#,
            r#"containerDefinitions[0].image = "<IMAGE1_NAME>""#,
            r#"containerDefinitions[0].image = "{{ image }}""#,
            r#"containerDefinitions[0].image = "%IMAGE%""#,
            r#"containerDefinitions[0].image = "$IMAGE""#,
            r#"containerDefinitions[0].image = "${AWS_ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/web""#,
            r#"containerDefinitions[0].image = "nginx:1.27 ""#,
        ],
        |input, found| {
            for (path, container) in containers(input) {
                let path = format!("{path}.image");
                match container["image"].as_str() {
                    None | Some("") => {
                        found
                            .at(path, "a container needs an image")
                            .said("Container.image should not be null or empty.");
                    }
                    Some(image) if is_open(image) => {}
                    Some(image) => image_breach(image, &path, found),
                }
            }
        },
    ),
    Rule::new(
        "the task or each of its containers says how much memory it has",
        CONTAINER,
        &["requiresCompatibilities = null && memory = null && containerDefinitions[1].memoryReservation = 64 &&
              containerDefinitions[0].memory = null"],
        |input, found| {
            if on_fargate(input) || is_given(&input["memory"]) {
                return;
            }
            for (path, container) in containers(input) {
                if !["memory", "memoryReservation"].iter().any(|field| is_given(&container[*field])) {
                    let name = container["name"].as_str().unwrap_or_default();
                    found.at(format!("{path}.memory"), "neither the task nor the container says how much memory it has").said(format!(
                        "Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be \
                         specified."
                    ));
                }
            }
        },
    ),
    Rule::new(
        "a container's limit of memory is not below what is kept for it, and at least 4 MiB",
        CONTAINER,
        &["containerDefinitions[0].memoryReservation = 257", "containerDefinitions[0].memory = 3"],
        |input, found| {
            for (path, container) in containers(input) {
                let (hard, soft) = (number(&container["memory"]), number(&container["memoryReservation"]));
                if let (Some(hard), Some(soft)) = (hard, soft)
                    && soft > hard
                {
                    let message = format!("{soft} MiB are kept for a container that may have {hard}");
                    found.at(format!("{path}.memoryReservation"), message);
                }
            }
            between(input, "containerDefinitions[].memory", 4, i64::MAX, found);
        },
    ),
    Rule::new(
        "a secret has a name of its own, which no environment variable of the container has",
        "ClientException that amazon-ecs-deploy-task-definition reports",
        &[r#"containerDefinitions[0].secrets = [{"name": "PORT", "valueFrom": "port"}] @
              containerDefinitions[0].secrets[0].name"#],
        |input, found| {
            for (path, container) in containers(input) {
                let mut seen: BTreeSet<&str> =
                    each(container, "environment[].name").iter().filter_map(|(_, name)| name.as_str()).collect();
                for (at, name) in each(container, "secrets[].name") {
                    if let Some(name) = name.as_str().filter(|name| !seen.insert(name)) {
                        found.at(format!("{path}.{at}"), format!("`{name}` is given twice")).said(format!(
                            "The secret name must be unique and not shared with any new or existing environment variables \
                             set on the container, such as '{name}'."
                        ));
                    }
                }
            }
        },
    ),
    Rule::new(
        "ECS reads secrets and signs in to registries under the execution role, and there is none",
        "Secret, RepositoryCredentials, Amazon ECS API",
        &[
            r#"requiresCompatibilities = null && executionRoleArn = null && containerDefinitions[0].secrets =
              [{"name": "KEY", "valueFrom": "key"}]"#,
            r#"requiresCompatibilities = null && executionRoleArn = null &&
              containerDefinitions[0].repositoryCredentials = {"credentialsParameter": "registry"}"#,
        ],
        |input, found| {
            if is_given(&input["executionRoleArn"]) {
                return;
            }
            for (path, container) in containers(input) {
                for field in
                    ["secrets", "repositoryCredentials"].into_iter().filter(|field| is_given(&container[*field]))
                {
                    let what = if field == "secrets" { "reads secrets" } else { "signs in to the registry" };
                    let message = format!("ECS {what} under the execution role, and there is none");
                    found.at(format!("{path}.{field}"), message).hint("give the task an `executionRoleArn`").said(
                        "When you are specifying container secrets, you must also specify a value for \
                         'executionRoleArn'.",
                    );
                }
            }
        },
    ),
    Rule::new(
        "a secret's value is named by the ARN of a secret or a parameter, or by a parameter's name",
        "Secret, Amazon ECS API",
        &[
            r#"containerDefinitions[0].secrets = [{"name": "KEY", "valueFrom": ""}] @
              containerDefinitions[0].secrets[0].valueFrom"#,
            r#"containerDefinitions[0].secrets = [{"name": "KEY", "valueFrom": "arn:aws:s3:::bucket/key"}] @
              containerDefinitions[0].secrets[0].valueFrom"#,
            r#"containerDefinitions[0].secrets = [{"name": "KEY", "valueFrom":
              "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3:key"}] @
              containerDefinitions[0].secrets[0].valueFrom"#,
        ],
        |input, found| {
            for (path, value) in each(input, "containerDefinitions[].secrets[].valueFrom") {
                let Some(value) = text(value) else { continue };
                let parts = value.split(':').count();
                match value.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)) {
                    _ if value.is_empty() => {
                        found.at(path, "a secret needs the ARN or the name of its value");
                    }
                    // ARN, JSON key, stage and version: all three or none.
                    Some("secretsmanager") if parts != 7 && parts != 10 => {
                        found
                            .at(path, "behind a secret's ARN stand a JSON key, a stage and a version, or nothing")
                            .hint("write the colons of all three, as in `…:secret:db-a1b2c3:password::`");
                    }
                    Some("secretsmanager" | "ssm") | None => {}
                    Some(service) => {
                        found.at(path, format!("ECS reads no secrets from {service}"));
                    }
                }
            }
        },
    ),
    Rule::new(
        "an environment file is an object of Amazon S3 whose name ends in .env, and a container has ten at most",
        "EnvironmentFile, ContainerDefinition, Amazon ECS API",
        &[
            r#"containerDefinitions[0].environmentFiles = [{"type": "s3", "value": "s3://bucket/web.env"}] @
              containerDefinitions[0].environmentFiles[0].value"#,
            r#"containerDefinitions[0].environmentFiles = [{"type": "s3", "value": "arn:aws:s3:::bucket/web.txt"}] @
              containerDefinitions[0].environmentFiles[0].value"#,
            r#"containerDefinitions[0].environmentFiles = [{"type": "file", "value": "arn:aws:s3:::bucket/web.env"}]
              @ containerDefinitions[0].environmentFiles[0].type"#,
        ],
        |input, found| {
            one_of(input, "containerDefinitions[].environmentFiles[].type", &["s3"], found);
            for (path, value) in each(input, "containerDefinitions[].environmentFiles[].value") {
                let Some(value) = text(value) else { continue };
                let is_object = value.starts_with("arn:") && value.contains(":s3:::");
                if !is_object {
                    found
                        .at(path, format!("`{value}` is not the ARN of an object, as in arn:aws:s3:::bucket/web.env"))
                        .said("Invalid arn syntax.");
                } else if !value.ends_with(".env") {
                    found.at(path, format!("the name of `{value}` doesn't end in .env"));
                }
            }
            let words = "The maximum number of environment files was exceeded. Specify ten or less and try again.";
            up_to(input, "containerDefinitions[].environmentFiles", 10, words, found);
        },
    ),
];

/// Returns whether an image waits for the output of another resource. A variable of a shell has no dots.
fn is_open(image: &str) -> bool {
    let mut holes = image.split("${").skip(1);
    holes.any(|rest| rest.split('}').next().is_some_and(|name| name.contains('.')))
}

fn image_breach(image: &str, path: &str, found: &mut Found) {
    let name = image.split('@').next().unwrap_or(image);
    if name.chars().count() > 255 {
        let message = "an image's name has up to 255 characters before its digest";
        found.at(path, message).said("Container.image should be 255 characters or less.");
    }
    let foreign = image.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_:./#@".contains(*c));
    if let Some(foreign) = foreign {
        let message = match foreign {
            ' ' => format!("`{image}` is no image: it holds a space"),
            _ => format!("`{image}` is no image: AWS takes no `{foreign}` in one"),
        };
        let breach = found.at(path, message).said("Container.image contains invalid characters.");
        if "<{%$".contains(foreign) {
            breach
                .hint("put the image's own name where the placeholder stands, as in `public.ecr.aws/nginx/nginx:1.27`");
        }
    }
}
