//! The services that the account has: the only list of them.

use crate::account::Service;
use crate::{ec2, ecr, ecs, elbv2, iam, logs, s3, secretsmanager, ssm, sts, tagging};

/// The services, in the order in which time passes in them.
pub(crate) static SERVICES: &[&Service] = &[
    &ec2::SERVICE,
    &ecr::SERVICE,
    &ecs::SERVICE,
    &elbv2::SERVICE,
    &logs::SERVICE,
    &secretsmanager::SERVICE,
    &ssm::SERVICE,
    &tagging::SERVICE,
    &iam::SERVICE,
    &s3::SERVICE,
    &sts::SERVICE,
];
