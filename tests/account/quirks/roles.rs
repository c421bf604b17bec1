//! Roles that are too young, and the one that ECS makes for itself.

use super::{MINUTE, Quirks, refusal, set};
use crate::testing::{config, create_service, ecs, furnish, pass, register, web_service, web_task};
use labform_account::Sandbox;

/// Does with the role all that ECS lets a caller do, and gives each operation's refusal.
async fn uses_of_the_role(sandbox: &Sandbox) -> Vec<(&'static str, String, String)> {
    let ecs = ecs(sandbox);
    let definition = ecs.describe_task_definition().task_definition("web").send().await.unwrap();
    let definition = definition.task_definition().unwrap().clone();
    let register = ecs
        .register_task_definition()
        .family("again")
        .memory("512")
        .execution_role_arn(definition.execution_role_arn().unwrap())
        .set_container_definitions(definition.container_definitions);
    let create = web_service(sandbox).await;
    let run = web_task(sandbox).await;
    let refusals = [
        ("RegisterTaskDefinition", refusal(register.send().await)),
        ("CreateService", refusal(create.send().await)),
        ("RunTask", refusal(run.send().await)),
    ];
    refusals.map(|(operation, (code, message))| (operation, code, message)).to_vec()
}

#[tokio::test]
async fn a_new_role_is_not_there_for_everybody_at_once() {
    let passing = "not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/execution";
    let spreading = Quirks { roles_spread: MINUTE, ..Quirks::default() };
    let denied = Quirks { pass_role_denied: MINUTE, ..spreading.clone() };
    let cases = [
        (
            spreading,
            [
                ("ClientException", "Role is not valid"),
                (
                    "InvalidParameterException",
                    "verify that the ECS service role being passed has the proper permissions",
                ),
                ("ClientException", "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/execution'"),
            ],
        ),
        (denied, [("AccessDeniedException", passing); 3]),
    ];
    for (quirks, expected) in cases {
        let sandbox = Sandbox::in_memory();
        let ecs = furnish(&sandbox).await;
        set(&sandbox, quirks);
        let refused = uses_of_the_role(&sandbox).await;
        for ((operation, code, message), (expected, words)) in refused.iter().zip(expected) {
            assert_eq!(code, expected, "{operation}");
            assert!(message.contains(words), "{operation}: {message}");
        }
        pass(&sandbox, 61).await;
        register(&ecs, "web").await;
        create_service(&sandbox).await;
    }
}

#[tokio::test]
async fn without_its_own_role_ecs_refuses_once() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let iam = aws_sdk_iam::Client::new(&config(&sandbox));
    let role = async || iam.get_role().role_name("AWSServiceRoleForECS").send().await;
    assert_eq!(role().await.unwrap().role().unwrap().path(), "/aws-service-role/ecs.amazonaws.com/");
    let create_cluster = ecs.create_cluster().cluster_name("other");
    let create_service = web_service(&sandbox).await;
    let run_task = web_task(&sandbox).await;
    let forget = || sandbox.with(|account| account.remove_role("AWSServiceRoleForECS"));
    let mut refused = Vec::new();
    forget();
    refused.push(refusal(create_cluster.clone().send().await));
    create_cluster.send().await.unwrap();
    forget();
    refused.push(refusal(create_service.clone().send().await));
    create_service.send().await.unwrap();
    forget();
    refused.push(refusal(run_task.clone().send().await));
    run_task.send().await.unwrap();
    for (code, message) in refused {
        assert_eq!(code, "InvalidParameterException");
        let words = "Please verify that the ECS service linked role exists.";
        assert!(message.contains(words), "{message}");
    }
    forget();
    assert_eq!(refusal(role().await).0, "NoSuchEntity");
    let make = iam.create_service_linked_role().aws_service_name("ecs.amazonaws.com");
    make.clone().send().await.unwrap();
    role().await.unwrap();
    let (code, message) = refusal(make.send().await);
    assert_eq!(code, "InvalidInput");
    assert!(message.contains("has been taken"), "{message}");
}
