//! What a revision of a task definition uses.

use serde_json::Value;

use super::ROLES;
use crate::resources::ecs::{list, text};

/// The ids, names and ARNs of what the revision with this document uses.
pub(super) fn links(document: &Value) -> Vec<String> {
    let roles = ROLES.map(|role| text(document, role));
    let containers = list(document, "containerDefinitions");
    let used = containers.flat_map(|container| {
        let group = &container["logConfiguration"]["options"];
        let secrets = list(container, "secrets").map(|secret| secret_arn(&text(secret, "valueFrom")));
        [text(group, "awslogs-group"), repository(&text(container, "image"))].into_iter().chain(secrets)
    });
    let mounted = list(document, "volumes").flat_map(|volume| {
        let efs = &volume["efsVolumeConfiguration"];
        [text(efs, "fileSystemId"), text(&efs["authorizationConfig"], "accessPointId")]
    });
    roles.into_iter().chain(used).chain(mounted).filter(|link| !link.is_empty()).collect()
}

/// The ARN in a `valueFrom`, behind which a JSON key, a stage and a version may stand.
fn secret_arn(value_from: &str) -> String {
    value_from.splitn(8, ':').take(7).collect::<Vec<_>>().join(":")
}

/// The URI of an image's Amazon ECR repository; empty for an image from elsewhere.
pub(super) fn repository(image: &str) -> String {
    let name = image.split('@').next().unwrap_or(image);
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    match name.contains(".dkr.ecr.") {
        true => name.to_owned(),
        false => String::new(),
    }
}
