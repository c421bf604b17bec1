use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// A task that never ran, for this `stoppedReason`.
fn never_ran(reason: &str) -> Evidence {
    let task = json!({
        "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c", "stopCode": "TaskFailedToStart",
        "stoppedReason": reason, "containers": [{"name": "web", "image": "web:1"}],
    });
    Evidence { tasks: vec![StoppedTask::new(&task)], ..Evidence::default() }
}

/// A task whose container ended with `code`, with the last line of its log.
fn exited(code: i64, line: &str) -> Evidence {
    let task = json!({
        "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c", "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [
            {"name": "proxy", "image": "nginx", "exitCode": 0},
            {"name": "web", "image": "web:1", "exitCode": code},
        ],
    });
    let mut task = StoppedTask::new(&task);
    task.containers[1].log.push(line.to_owned());
    "/ecs/web".clone_into(&mut task.containers[1].log_group);
    Evidence { tasks: vec![task], ..Evidence::default() }
}

/// A task of one container that ended with `code`.
fn alone(code: i64) -> Evidence {
    let mut evidence = exited(code, "");
    evidence.tasks[0].containers.remove(0);
    evidence
}

/// A task that ECS or somebody stopped.
fn stopped(code: &str, reason: &str) -> Evidence {
    let mut evidence = never_ran(reason);
    code.clone_into(&mut evidence.tasks[0].code);
    evidence
}

fn event(message: &str) -> Evidence {
    Evidence { events: vec![message.to_owned()], ..Evidence::default() }
}

fn target(code: &str, words: &str) -> Evidence {
    Evidence {
        targets: vec![BadTarget {
            place: "172.31.0.4:3000".to_owned(),
            code: code.to_owned(),
            words: words.to_owned(),
        }],
        ..Evidence::default()
    }
}

/// AWS's words, and the cause that they tell.
fn recorded() -> Vec<(&'static str, Evidence)> {
    let registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let not_found = format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
         {registry}/web:1: {registry}/web:1: not found"
    );
    let platform = "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not \
        contain descriptor matching platform 'linux/amd64'";
    let no_route = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval \
        failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request \
        failed caused by: Post \"https://api.ecr.eu-west-1.amazonaws.com/\": dial tcp 34.240.1.2:443: i/o timeout. Please \
        check your task network configuration.";
    let no_route_either = "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull \
        registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task \
        network configuration. RequestCanceled: request context canceled caused by: context deadline exceeded";
    let role_of_pull = "CannotPullContainerError: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/x/1 is \
        not authorized to perform: ecr:GetAuthorizationToken on resource: *";
    let docker_hub = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
        docker.io/library/web:1: pull access denied, repository does not exist or may require authorization: server \
        message: insufficient_scope: authorization failed";
    let no_group = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: \
        failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit \
        status 1";
    let no_log = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: \
        failed to create Cloudwatch log stream: AccessDeniedException: User: x is not authorized to perform: \
        logs:CreateLogStream : exit status 1";
    let no_role = "(service web) failed to launch a task with (error ECS was unable to assume the role \
        'arn:aws:iam::123456789012:role/exec' that was provided for this task. Please verify that the role being passed \
        has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.).";
    let no_secret = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval \
        failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret \
        arn:aws:secretsmanager:eu-west-1:123456789012:secret:key from secrets manager: AccessDeniedException: User: x";
    let denied_secret = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
        retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User: x is not authorized to perform: \
        secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-key";
    let no_credentials = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
        retrieval failed: unable to get credentials: AccessDenied: not authorized to perform: sts:AssumeRole";
    let unhealthy = "(service web) (port 3000) is unhealthy in (target-group web-tg) due to (reason ";
    let mut out_of_memory = exited(137, "");
    "OutOfMemoryError: Container killed due to memory usage"
        .clone_into(&mut out_of_memory.tasks[0].containers[1].reason);
    let failed_elb = "Task failed ELB health checks in (target-group web-tg)";
    let given_up = Evidence {
        rollout: "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
        ..Evidence::default()
    };
    let denied = "AccessDenied: User: arn:aws:sts::123456789012:assumed-role/task/1 is not authorized to perform: \
        s3:GetObject on resource: \"arn:aws:s3:::images/input/cat.jpg\" because no identity-based policy allows it";
    let by_scheduler = |reason: &str| stopped("ServiceSchedulerInitiated", reason);
    vec![
        ("no route from the task to AWS", never_ran(no_route)),
        ("no route from the task to AWS", never_ran(no_route_either)),
        ("image for another processor", never_ran(platform)),
        ("image for another processor", exited(1, "exec /usr/local/bin/docker-entrypoint.sh: exec format error")),
        (
            "Docker Hub's limit of pulls reached",
            never_ran(
                "CannotPullContainerError: inspect image has been retried 5 time(s): toomanyrequests: You have reached your unauthenticated pull rate limit.",
            ),
        ),
        ("image pull denied", never_ran(role_of_pull)),
        ("image pull denied", never_ran(docker_hub)),
        ("image not in the repository", never_ran(&not_found)),
        ("image not pulled", never_ran("CannotPullContainerError: invalid reference format")),
        ("log group missing", never_ran(no_group)),
        ("log not writable", never_ran(no_log)),
        ("role not assumable", event(no_role)),
        ("secret unreadable", never_ran(no_secret)),
        ("secret unreadable", never_ran(denied_secret)),
        ("role not assumable", never_ran(no_credentials)),
        (
            "service-linked role missing",
            event(
                "RunTask: InvalidParameterException: Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
            ),
        ),
        (
            "CPU and memory don't fit together",
            event(
                "(service web) was unable to place a task. Reason: No Fargate configuration exists for given values: 256 CPU, 4096 memory.",
            ),
        ),
        (
            "Fargate quota reached",
            event(
                "(service web) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
            ),
        ),
        (
            "no capacity",
            event(
                "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.",
            ),
        ),
        ("Spot capacity taken back", stopped("SpotInterruption", "Your Spot Task was interrupted.")),
        (
            "no container instance",
            event(
                "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
            ),
        ),
        ("port taken", exited(1, "Error: listen EADDRINUSE: address already in use :::3000")),
        (
            "port taken",
            event(
                "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 1) is already using a port required by your task.",
            ),
        ),
        (
            "what ran the command is gone",
            stopped(
                "EssentialContainerExited",
                "what ran the command on this computer is gone; look with `ps` whether the command still runs",
            ),
        ),
        ("out of memory", out_of_memory),
        ("out of memory", alone(137)),
        ("killed after another container had ended", exited(137, "")),
        ("segmentation fault", exited(139, "")),
        ("command not found in the image", exited(127, "sh: nod: not found")),
        (
            "command not found in the image",
            never_ran(
                "CannotStartContainerError: failed to create shim task: OCI runtime create failed: exec: \"nod\": executable file not found in $PATH: unknown",
            ),
        ),
        ("container exited with an error", exited(1, "Error: Cannot find module 'express'")),
        ("container ended by itself", exited(0, "done")),
        ("container health check failing", by_scheduler("Task failed container health checks")),
        (
            "health check gets a wrong status code",
            target("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"),
        ),
        (
            "health check gets a wrong status code",
            event(&format!("{unhealthy}Health checks failed with these codes: [502]).")),
        ),
        ("health check gets no answer", target("Target.Timeout", "Request timed out")),
        ("health check gets no answer", event(&format!("{unhealthy}Request timed out)."))),
        ("health check can't connect", target("Target.FailedHealthChecks", "Health checks failed")),
        ("health check can't connect", by_scheduler(failed_elb)),
        (
            "no listener for the target group",
            target("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"),
        ),
        ("stopped by somebody", stopped("UserInitiated", "Task stopped by user")),
        ("stopped by scaling", by_scheduler("Scaling activity initiated by (deployment ecs-svc/1)")),
        ("essential container stopped", stopped("EssentialContainerExited", "Essential container in task exited")),
        ("deployment given up", given_up),
        (
            "no room on the cluster's instances",
            event("RunTask: RESOURCE:MEMORY: arn:aws:ecs:eu-west-1:123456789012:container-instance/main/1"),
        ),
        ("object not in the bucket", exited(1, "NoSuchKey: The specified key does not exist.")),
        (
            "object not in the bucket",
            exited(
                1,
                "botocore.exceptions.ClientError: An error occurred (404) when calling the HeadObject operation: Not Found",
            ),
        ),
        ("S3 access denied", exited(1, denied)),
        (
            "S3 access denied",
            exited(
                1,
                "botocore.exceptions.ClientError: An error occurred (403) when calling the HeadObject operation: Forbidden",
            ),
        ),
        (
            "container exited with an error",
            exited(
                1,
                "AccessDeniedException in s3util: User: x is not authorized to perform: dynamodb:GetItem on resource: y",
            ),
        ),
        (
            "no credentials in the container",
            exited(1, "CredentialsProviderError: Could not load credentials from any providers"),
        ),
        ("timeout over", stopped("UserInitiated", TIMED_OUT)),
        (UNKNOWN, never_ran("InternalError: Failed to initialize the task")),
    ]
}

#[test]
fn what_aws_says_tells_one_cause_of_the_catalogue() {
    let mut told = BTreeSet::from([UNKNOWN]);
    for (name, evidence) in recorded() {
        let explanation = evidence.explain().expect("something speaks of a failure");
        assert_eq!(explanation.cause, name, "{evidence:#?}");
        assert!(!explanation.remedy.contains("{image}"), "{}", explanation.remedy);
        told.insert(name);
    }
    let names: BTreeSet<&str> = CAUSES.iter().map(|cause| cause.name).chain([UNKNOWN]).collect();
    assert_eq!(told, names, "every row has a recorded answer");
    assert_eq!(names.len(), CAUSES.len() + 1, "every row has a name of its own");
}

#[test]
fn where_nothing_failed_there_is_no_cause() {
    assert_eq!(Evidence::default().explain(), None);
    let starting = event("(service web) has started 2 tasks: (task 1) (task 2).");
    assert_eq!(starting.explain(), None);
}

#[test]
fn the_latest_task_decides() {
    let mut evidence = exited(1, "Error: no database");
    let before = never_ran("CannotPullContainerError: web:1: not found");
    evidence.tasks.extend(before.tasks);
    let explanation = evidence.explain().unwrap();
    assert_eq!(explanation.cause, "container exited with an error");
}

#[test]
fn an_explanation_says_what_it_is_concluded_from() {
    let mut evidence = exited(1, "Error: Cannot find module 'express'");
    evidence.events = vec!["(service web) has started 1 tasks: (task 1f3c).".to_owned()];
    evidence.rollout = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
    evidence.restart = Some("aws ecs update-service --service web --force-new-deployment".to_owned());
    evidence.unread = vec!["DescribeTargetHealth: AccessDenied: no".to_owned()];
    let explanation = evidence.explain().unwrap();
    let shown = format!("{}\n{}", explanation.evidence.join("\n"), explanation.remedy);
    insta::assert_snapshot!(shown, @r"
    task 1f3c: EssentialContainerExited: Essential container in task exited
    container proxy: exit code 0
    container web: exit code 1
    log of web: Error: Cannot find module 'express'
    event: (service web) has started 1 tasks: (task 1f3c).
    not read: DescribeTargetHealth: AccessDenied: no
    the program in web ended with exit code 1; read its log above, or more of it with `labform logs --since 30m`; mend the program or its environment, push its image anew, then `labform apply`. ECS has given this deployment up: where nothing changes in lab.yaml, start it again with `aws ecs update-service --service web --force-new-deployment`
    ");
}
