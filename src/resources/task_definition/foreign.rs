//! What a task definition takes from elsewhere: images, roles and log groups that the lab may not have there.
//!
//! Knows: the lab's repositories, images, roles and log groups. Must not know: live objects.

use serde_json::Value;

use super::TaskDefinition;
use crate::resource::{Checks, Problem, RefOrArn};
use crate::resources::image::image_of;
use crate::resources::repository::registry;
use crate::resources::{LogGroup, Repository, Role};

/// The service that takes on the roles of tasks.
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// Returns what is wrong with the images: those that nobody pushes, that another account has, or that Docker can't name.
pub(super) fn image_problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let containers = definition.container_definitions.iter().enumerate();
    let problems = containers.filter_map(|(index, container)| {
        let path = format!("containerDefinitions[{index}].image");
        let image = container.image.as_str();
        if image.contains("${") {
            return None;
        }
        name_problem(&path, image).or_else(|| foreign_problem(&path, image, checks)).or_else(|| {
            let name = own_image(image, checks)?;
            image_of(checks, image).is_none().then(|| unpushed(&path, &name))
        })
    });
    problems.collect()
}

/// Returns what is wrong with the logs: those that are sent into another region than that of the lab's log group.
pub(super) fn log_problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let containers = definition.container_definitions.iter().enumerate();
    let problems = containers.filter_map(|(index, container)| {
        let log = container.log_configuration.as_ref().filter(|log| log.log_driver == "awslogs")?;
        let options = log.options.as_ref()?;
        let (group, region) = (options.get("awslogs-group")?, options.get("awslogs-region")?);
        let mut groups = checks.all::<LogGroup>().map(|(address, _)| address);
        let (address, place) = groups.find_map(|address| {
            let (name, place) = checks.name(address)?;
            (name == group).then_some((address, place))
        })?;
        let message = format!("{address} stands in {}, and the container's log goes to {region}", place.region);
        let path = format!("containerDefinitions[{index}].logConfiguration.options.awslogs-region");
        (*region != place.region).then(|| Problem::at(path, message).hint("write `${region}`"))
    });
    problems.collect()
}

/// Docker takes an image's name in small letters only, apart from the registry's host and the tag.
fn name_problem(path: &str, image: &str) -> Option<Problem> {
    let name = image.split('@').next().unwrap_or(image);
    let name = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name);
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let repository = name.split_once('/').filter(|(host, _)| is_host(host)).map_or(name, |(_, rest)| rest);
    let message = format!("`{repository}` is no name of an image: Docker takes small letters only");
    let problem =
        || Problem::at(path, message).hint("if a placeholder stands there, put the image's own name in its place");
    // What AWS doesn't take is told by its own rule.
    let is_known = image.chars().all(|c| c.is_ascii_alphanumeric() || "-_:./#@".contains(c));
    (is_known && repository.contains(|c: char| c.is_ascii_uppercase())).then(problem)
}

fn foreign_problem(path: &str, image: &str, checks: &Checks<'_>) -> Option<Problem> {
    let (account, rest) = image.split_once(".dkr.ecr.")?;
    let message = format!("the image is in the registry of another account, {account}");
    let problem = || {
        Problem::at(path, message)
            .hint("its repository needs a policy that lets this account pull; `${account}` is the lab's own number")
            .warning()
    };
    (checks.is_foreign(account) && rest.contains(".amazonaws.com")).then(problem)
}

/// An image's repository in the lab, if it is in one, with its tag.
fn own_image(image: &str, checks: &Checks<'_>) -> Option<String> {
    checks.all::<Repository>().find_map(|(address, _)| {
        let (name, place) = checks.name(address)?;
        let rest = image.strip_prefix(&format!("{}/{name}", registry(place)))?;
        let is_it = rest.is_empty() || rest.starts_with([':', '@']);
        is_it.then(|| format!("{}{rest}", address.name))
    })
}

fn unpushed(path: &str, name: &str) -> Problem {
    Problem::at(path, format!("nothing in the lab pushes `{name}`: until somebody does, no task starts"))
        .hint("describe it below `images`, and `labform apply` pushes it; or push it with Docker")
        .warning()
}

/// Returns what is wrong with the roles: those of another account, which can't be passed on, and those of the lab that
/// tasks may not take on.
pub(super) fn role_problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let roles = [("executionRoleArn", &definition.execution_role_arn), ("taskRoleArn", &definition.task_role_arn)];
    let problems = roles.into_iter().filter_map(|(field, role)| match role.as_ref()? {
        RefOrArn::Arn(arn) => account_problem(field, arn.split(':').nth(4)?, checks),
        RefOrArn::Lab(reference) => {
            let role = checks.get(reference)?;
            let message = format!("`{}` doesn't let {TASKS} take it on", reference.name);
            let hint = format!("add to its trust policy: `Principal: {{ Service: {TASKS} }}`");
            (!trusts_tasks(role)).then(|| Problem::at(field, message).hint(hint).warning())
        }
    });
    problems.collect()
}

/// Returns what is wrong with the account in a role's ARN, unless that isn't known yet.
fn account_problem(field: &str, account: &str, checks: &Checks<'_>) -> Option<Problem> {
    if checks.is_foreign(account) {
        let message = format!("the role is of another account, {account}: ECS can't take it on here");
        return Some(Problem::at(field, message).hint("name a role of this account; `${account}` is its number"));
    }
    let is_number = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
    let message = format!("the role's account is `{account}`, which is no number of 12 digits");
    let hint = "write `${account}` there, the lab's own number; or the role's name alone";
    (!is_number && !account.contains("${")).then(|| Problem::at(field, message).hint(hint))
}

/// Returns whether a role's trust policy names the service, as far as it can be read.
fn trusts_tasks(role: &Role) -> bool {
    let document = &role.assume_role_policy_document.0;
    let statements = match &document["Statement"] {
        Value::Array(many) => many.as_slice(),
        one => std::slice::from_ref(one),
    };
    let names = |statement: &Value| {
        let principal = &statement["Principal"]["Service"];
        principal.as_array().map_or(principal == TASKS, |many| many.iter().any(|one| one == TASKS))
    };
    let is_open = |statement: &Value| statement.get("NotPrincipal").is_some() || statement["Principal"]["AWS"] == "*";
    !document.is_object() || statements.iter().any(|statement| names(statement) || is_open(statement))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_roles_account_is_a_number_of_this_account() {
        let specs = BTreeMap::new();
        for (account, is_right) in [
            ("123456789012", true),
            ("000000000000", true),
            ("${account}", true),
            ("ACCOUNT_ID", false),
            ("<ACCOUNT_ID>", false),
            ("12345678901", false),
            ("1234-5678-9012", false),
            ("", false),
        ] {
            let problem = account_problem("taskRoleArn", account, &Checks::new(&specs));
            assert_eq!(problem.is_none(), is_right, "{account}");
        }
    }

    #[test]
    fn an_images_name_is_in_small_letters_wherever_its_registry_is() {
        for (image, is_right) in [
            ("nginx:1.27", true),
            ("nginx:RC1", true),
            ("REGISTRY.example.com:5000/web:V1", true),
            ("localhost/web", true),
            ("web@sha256:00AB", true),
            ("REPLACE_ME", false),
            ("ghcr.io/Owner/web:1", false),
            ("Owner/web", false),
        ] {
            assert_eq!(name_problem("image", image).is_none(), is_right, "{image}");
        }
    }
}
