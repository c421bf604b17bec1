//! The catalogue of causes. The first row that holds for a stopped task names its cause, so that a row stands before
//! those that its evidence would also fit.
//!
//! The words are AWS's own: "Stopped tasks error messages" and "Service event messages" (Amazon ECS developer guide),
//! and TargetHealth (Elastic Load Balancing API reference).

use super::{Sight, TIMED_OUT};

/// A cause.
pub(super) struct Cause {
    /// The cause's name.
    pub(super) name: &'static str,
    /// Returns whether the evidence tells of the cause.
    pub(super) seen: fn(&Sight<'_>) -> bool,
    /// The remedy. `{image}`, `{registry}`, `{container}` and `{exit code}` stand for the culprit's own. `{logs}` is
    /// the command that shows its log. `{owner}` is the service or job whose tasks they are; `{apply}` is what to do
    /// once a resource was mended, `{redo}` once the owner itself was, and `{again}` if nothing has to be.
    pub(super) remedy: &'static str,
}

const NO_ANSWER: &[&str] = &[
    "i/o timeout",
    "dial tcp",
    "connection issue between the task",
    "context deadline exceeded",
    "request canceled while waiting for connection",
    "Client.Timeout exceeded",
];

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        name: "no route from the task to AWS",
        seen: |sight| {
            let needs_network = ["CannotPull", "ResourceInitializationError"];
            let says = |what: &&str| NO_ANSWER.iter().any(|words| sight.says(&[what, words]));
            needs_network.iter().any(says)
        },
        remedy: "give the task a way out: in a default subnet set `assignPublicIp: ENABLED` in the {owner}'s \
                 networkConfiguration, and let its security group send to 0.0.0.0/0 on port 443; then {redo}",
    },
    Cause {
        name: "image for another processor",
        seen: |sight| {
            sight.logs_any(&["exec format error"])
                || sight.says(&["exec format error"])
                || sight.cannot_pull(&["matching platform", "no match for platform", "no matching manifest"])
        },
        remedy: "a computer with an ARM processor (Apple silicon) builds for ARM, and this task runs on another: build \
                 with `docker build --platform linux/amd64 -t {image} .` and push it under a new tag, or write \
                 `runtimePlatform: { cpuArchitecture: ARM64 }` into the task definition; then {apply}",
    },
    Cause {
        name: "Docker Hub's limit of pulls reached",
        seen: |sight| sight.says_any(&["toomanyrequests", "pull rate limit"]),
        remedy: "Docker Hub serves only so many pulls to those who aren't signed in: take the same image from \
                 public.ecr.aws (`public.ecr.aws/docker/library/…`), then {apply}",
    },
    Cause {
        name: "image pull denied",
        seen: |sight| {
            let pull = ["pull access denied", "authorization failed", "403 Forbidden", "no basic auth", "denied:"];
            sight.cannot_pull(&pull) || sight.says_any(&["not authorized to perform: ecr:"])
        },
        remedy: "for an image in Amazon ECR, attach the managed policy AmazonECSTaskExecutionRolePolicy to the role in \
                 `executionRoleArn`; for one elsewhere, check the name `{image}`: without a registry it means Docker Hub, \
                 and `${repositories.NAME.uri}` writes the registry of the lab; then {apply}",
    },
    Cause {
        name: "image not in the repository",
        seen: |sight| sight.cannot_pull(&["not found", "does not exist", "manifest unknown"]),
        remedy: "where `images` in lab.yaml has it, `labform apply` pushes it; else build and push it: `aws ecr get-login-password | docker login --username AWS --password-stdin {registry}`, \
                 `docker build --platform linux/amd64 -t {image} .`, `docker push {image}`; {again}",
    },
    Cause {
        name: "image not pulled",
        seen: |sight| sight.says(&["CannotPull"]),
        remedy: "see whether you can pull it yourself: `docker pull {image}`; correct `image` in the task definition, \
                 then {apply}",
    },
    Cause {
        name: "log group missing",
        seen: |sight| sight.says(&["log group does not exist"]),
        remedy: "add the log group to `logGroups` in lab.yaml under the name that `awslogs-group` has in the task \
                 definition, then {apply}",
    },
    Cause {
        name: "log not writable",
        seen: |sight| {
            let log = ["logger args", "log stream", "log group"];
            log.iter().any(|word| sight.says(&[word, "AccessDenied"]))
                || sight.says(&["not authorized to perform: logs:"])
        },
        remedy: "attach the managed policy AmazonECSTaskExecutionRolePolicy to the role in `executionRoleArn`, then \
                 {apply}",
    },
    Cause {
        name: "service-linked role missing",
        seen: |sight| sight.says_any(&["service linked role", "service-linked role"]),
        remedy: "the account has never used ECS, which needs a role of its own: \
                 `aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`; {again}",
    },
    Cause {
        name: "role not assumable",
        seen: |sight| {
            sight.says_any(&["unable to assume the role", "Unable to assume", "role is not valid"])
                || sight.says(&["ResourceInitializationError", "AssumeRole"])
        },
        remedy: "let ECS tasks assume it: `assumeRolePolicyDocument` of the role in `executionRoleArn` and `taskRoleArn` \
                 has to allow sts:AssumeRole to the service ecs-tasks.amazonaws.com; then {apply}",
    },
    Cause {
        name: "secret unreadable",
        seen: |sight| {
            // "unable to pull secrets or registry auth" stands before other reasons, too.
            let secret = ["retrieve secret", "fetch secret", "from asm", "from ssm", "secretsmanager", "ssm:"];
            secret.iter().any(|word| sight.says(&["ResourceInitializationError", word]))
        },
        remedy: "check `valueFrom` under `secrets` of container {container}: it has to exist in this region, and the role \
                 in `executionRoleArn` needs secretsmanager:GetSecretValue or ssm:GetParameters on it; then {apply}",
    },
    Cause {
        name: "CPU and memory don't fit together",
        seen: |sight| {
            sight.says_any(&["No Fargate configuration exists", "Invalid 'cpu' setting", "Invalid 'memory' setting"])
        },
        remedy: "Fargate takes only some pairs, as in `cpu: \"256\"` with `memory: \"512\"`, \"1024\" or \"2048\": correct \
                 the task definition, then {apply}",
    },
    Cause {
        name: "Fargate quota reached",
        seen: |sight| sight.says_any(&["limit on the number of vCPUs", "limit on the number of tasks", "vCPU limit"]),
        remedy: "the account may not run more at once: stop other tasks, lower desiredCount or `cpu`, or ask AWS for more \
                 (Service Quotas, AWS Fargate, \"Fargate On-Demand vCPU resource count\"); {again}",
    },
    Cause {
        name: "no capacity",
        seen: |sight| sight.says_any(&["Capacity is unavailable", "capacity is unavailable"]),
        remedy: "AWS has no free Fargate capacity there at the moment: wait, or give the {owner} subnets of more zones, \
                 or FARGATE beside FARGATE_SPOT; {again}",
    },
    Cause {
        name: "Spot capacity taken back",
        seen: |sight| sight.stop_code() == "SpotInterruption",
        remedy: "AWS takes FARGATE_SPOT back when it needs it: wait, or use FARGATE in the strategy of the {owner}; {again}",
    },
    Cause {
        name: "port taken",
        seen: |sight| {
            sight.says(&["already using a port required"])
                || sight.logs_any(&["address already in use", "EADDRINUSE", "port is already allocated"])
        },
        remedy: "two containers of the task, or of the host, listen on the same port: give {container} another one, in \
                 the program and in portMappings; then {apply}",
    },
    Cause {
        name: "no container instance",
        seen: |sight| sight.says_any(&["No Container Instances were found", "no container instance met"]),
        remedy: "the cluster has no EC2 instances: write `launchType: FARGATE` into the {owner}, then {redo}",
    },
    Cause {
        name: "no room on the cluster's instances",
        seen: |sight| sight.says_any(&["RESOURCE:", "EMPTY CAPACITY PROVIDER"]),
        remedy: "no EC2 instance of the cluster has enough left for the task: wait until others end, ask for less `cpu` or \
                 `memory`, or write `launchType: FARGATE` into the {owner}; {again}",
    },
    Cause {
        name: "what ran the command is gone",
        seen: |sight| sight.says(&["what ran the command on this computer is gone"]),
        remedy: "with `--sandbox=exec` a process of labform's own runs the command, and somebody has killed it: end what is \
                 left of the command, {again}",
    },
    Cause {
        name: "out of memory",
        seen: |sight| sight.says(&["OutOfMemory"]) || sight.exit_code() == Some(137) && !sight.one_ended_well(),
        remedy: "{container} was killed because it used more than its memory: raise `memory` in the task definition \
                 (Fargate takes only some pairs with `cpu`), then {apply}",
    },
    Cause {
        name: "killed after another container had ended",
        seen: |sight| sight.exit_code() == Some(137),
        remedy: "ECS stops the whole task when an essential container ends, and {container} didn't end on SIGTERM within \
                 its `stopTimeout`: let it, or write `essential: false` beside it; had it been killed for its memory, \
                 raise `memory`; then {apply}",
    },
    Cause {
        name: "segmentation fault",
        seen: |sight| sight.exit_code() == Some(139),
        remedy: "the program in {container} broke off (signal 11): try it on your computer with `docker run --rm {image}`, \
                 push a mended image under a new tag, then {apply}",
    },
    Cause {
        name: "command not found in the image",
        seen: |sight| {
            matches!(sight.exit_code(), Some(126 | 127))
                || sight.says_any(&[
                    "executable file not found",
                    "no such file or directory",
                    "permission denied: unknown",
                ])
        },
        remedy: "`command` and `entryPoint` of {container} have to name a program that is in {image}: look with \
                 `docker run --rm --entrypoint sh {image} -c ls`, correct them, then {apply}",
    },
    Cause {
        name: "object not in the bucket",
        seen: |sight| {
            sight.failed()
                && (sight.logs_any(&[
                    "NoSuchKey",
                    "The specified key does not exist",
                    "NoSuchBucket",
                    "NotFound: UnknownError",
                ]) || sight.logs(&["(404)", "HeadObject"]))
        },
        remedy: "the program in {container} asked S3 for an object or a bucket that isn't there: see what is with \
                 `aws s3 ls s3://BUCKET --recursive`, and compare with its command and environment, letter by letter; \
                 `inputs` of a job puts files there before it starts; {again}",
    },
    Cause {
        name: "S3 access denied",
        seen: |sight| {
            let denied = ["AccessDenied", "Access Denied", "not authorized"];
            let of_s3 = sight.logs(&["not authorized to perform: s3:"]);
            let of_another = sight.logs(&["not authorized to perform: "]) && !of_s3;
            let speaks_of_s3 = || sight.logs_any(&["s3://", "s3:", "S3", "Object", "Bucket"]);
            let is_denied = sight.logs_any(&denied) && !of_another && speaks_of_s3();
            sight.failed() && (is_denied || sight.logs(&["(403)", "HeadObject"]))
        },
        remedy: "the role in `taskRoleArn` of the task definition needs s3:GetObject and s3:PutObject on \
                 `arn:aws:s3:::BUCKET/*`, and s3:ListBucket on `arn:aws:s3:::BUCKET`, without which S3 says \"denied\" of \
                 objects that aren't there, too; a policy that is new needs some seconds to spread; then {apply}",
    },
    Cause {
        name: "no credentials in the container",
        seen: |sight| {
            sight.failed()
                && sight.logs_any(&[
                    "Could not load credentials",
                    "Unable to locate credentials",
                    "NoCredentialProviders",
                    "failed to refresh cached credentials",
                ])
        },
        remedy: "the program in {container} calls AWS, and its task has no role: give the task definition `taskRoleArn`, a \
                 role that ecs-tasks.amazonaws.com may assume and that allows what the program does; then {apply}",
    },
    Cause {
        name: "container exited with an error",
        seen: |sight| sight.exit_code().is_some_and(|code| code != 0),
        remedy: "the program in {container} ended with exit code {exit code}; read its log above, or more of it with \
                 `{logs} --since 30m`; mend the program or its environment, push its image anew, then {apply}",
    },
    Cause {
        name: "container ended by itself",
        seen: |sight| sight.evidence.job.is_none() && sight.exit_code() == Some(0),
        remedy: "a service has to run on, and {container} ended without an error: its `command` has to stay in the \
                 foreground. For work that ends, write a job and use `labform run`",
    },
    Cause {
        name: "container health check failing",
        seen: |sight| sight.says(&["failed container health checks"]),
        remedy: "`healthCheck.command` of {container} has to succeed inside of the container (curl isn't in every image): \
                 try it with `docker run`, correct it or raise its `startPeriod`, then {apply}",
    },
    Cause {
        name: "health check gets a wrong status code",
        seen: |sight| {
            sight.target("Target.ResponseCodeMismatch") || sight.says(&["Health checks failed with these codes"])
        },
        remedy: "the program answers, but not with the status code that the target group expects: let \
                 `healthCheckPath` name a page that answers with 200, or widen `matcher` (`httpCode: 200-399`); then \
                 `labform apply`",
    },
    Cause {
        name: "health check gets no answer",
        seen: |sight| sight.target("Target.Timeout") || sight.says(&["Request timed out"]),
        remedy: "let the security group of the tasks take the container's port from the load balancer's security group, \
                 and let the program listen on 0.0.0.0 and not on 127.0.0.1; then `labform apply`",
    },
    Cause {
        name: "health check can't connect",
        seen: |sight| {
            sight.target("Target.FailedHealthChecks")
                || sight.says(&["failed ELB health checks"])
                || sight.says(&["is unhealthy in"])
        },
        remedy: "nothing answers on the port that is checked: `containerPort` has to be the port that the program listens \
                 on, on 0.0.0.0; a program that starts slowly needs `healthCheckGracePeriodSeconds` in the service; then \
                 `labform apply`",
    },
    Cause {
        name: "no listener for the target group",
        seen: |sight| sight.target("Target.NotInUse"),
        remedy: "no listener forwards to the target group, or the load balancer isn't in the zone of the task: correct \
                 `listeners` and the `subnets` of the load balancer in lab.yaml, then `labform apply`",
    },
    Cause {
        name: "essential container stopped",
        seen: |sight| sight.stop_code() == "EssentialContainerExited",
        remedy: "a container with `essential: true` ended, and the task with it: read its log with \
                 `{logs} --since 30m`, mend it, then {apply}",
    },
    Cause {
        name: "timeout over",
        seen: |sight| sight.says(&[TIMED_OUT]),
        remedy: "labform stopped the task because the job's `timeout` was over: let it do less, give it more `cpu`, or raise \
                 `timeout`; {again}",
    },
    Cause {
        name: "stopped by somebody",
        seen: |sight| sight.stop_code() == "UserInitiated",
        remedy: "somebody has stopped the task by hand or with a program; {again}",
    },
    Cause {
        name: "stopped by scaling",
        seen: |sight| sight.says(&["Scaling activity"]) && sight.stop_code() == "ServiceSchedulerInitiated",
        remedy: "desiredCount was lowered, or a newer deployment took over: somebody else works on the service, too; \
                 look with `labform plan`",
    },
    Cause {
        name: "deployment given up",
        seen: |sight| !sight.evidence.rollout.is_empty(),
        remedy: "too many tasks failed, and why isn't known any more: look at the events above, mend the cause, then \
                 `labform apply`",
    },
];
