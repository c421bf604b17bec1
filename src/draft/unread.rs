//! What isn't carried over of a service of a Compose file, and why.

use serde_json::{Map, Value};

/// The fields of a service that are read, and those that mean nothing on ECS.
const READ: &str = "image build command entrypoint environment ports expose healthcheck cpus mem_limit mem_reservation \
    deploy user working_dir stop_grace_period read_only init platform tty stdin_open container_name restart pull_policy \
    networks logging attach annotations";
/// What becomes of the others.
const WHY: [(&str, &str); 14] = [
    ("volumes", "a task's files go with the task: Amazon EFS, S3 or a database keeps what is to stay"),
    ("depends_on", "ECS starts services side by side: let the program try again until the other one answers"),
    ("env_file", "files of variables aren't read: write them into `environment`, and secrets into `secrets`"),
    ("secrets", "write them into `secrets`, and let the container's `secrets` name them"),
    ("configs", "build the file into the image, or give it as a variable"),
    ("extends", "write the fields of the other service into this one"),
    ("links", "services don't find each other by name: ECS has Service Connect for that, which labform doesn't manage"),
    ("network_mode", "a task on Fargate has a network interface of its own"),
    ("labels", "write those that a program reads as `dockerLabels` of the container"),
    ("privileged", "Fargate lets no container do that"),
    ("devices", "Fargate gives no container a device"),
    ("profiles", "there are no profiles: take out what you don't want"),
    ("scale", "write it as `desiredCount`"),
    ("ulimits", "write them as `ulimits` of the container, as ECS has them"),
];

/// The places in a service of what isn't read, each with what becomes of it.
pub(super) fn unread(service: &Map<String, Value>) -> Vec<(String, &'static str)> {
    let is_read = |field: &str| READ.split_whitespace().any(|read| read == field) || field.starts_with("x-");
    let others = service.keys().filter(|field| !is_read(field)).map(|field| {
        let why = WHY.iter().find(|(known, _)| known == field).map_or("it isn't carried over", |(_, why)| why);
        (field.clone(), why)
    });
    let deploy = service.get("deploy").unwrap_or(&Value::Null);
    let settings = deploy.as_object().into_iter().flat_map(Map::keys);
    let settings = settings.filter(|field| !["mode", "replicas", "resources"].contains(&field.as_str()));
    let settings = settings.map(|field| (format!("deploy.{field}"), "ECS has settings of its own"));
    let devices = ["limits", "reservations"].into_iter().filter_map(|kind| {
        deploy["resources"][kind].get("devices")?;
        Some((format!("deploy.resources.{kind}.devices"), "Fargate gives no container a device"))
    });
    let interval = service.get("healthcheck").and_then(|check| check.get("start_interval"));
    let interval = interval.map(|_| ("healthcheck.start_interval".to_owned(), "ECS has one interval"));
    others.chain(settings).chain(devices).chain(interval).collect()
}
