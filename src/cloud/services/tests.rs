use super::*;

#[test]
fn a_refusal_passes_only_in_its_own_operation_code_and_words() {
    let found = |operation: &str, code: &str, words: &str| {
        passes(&CloudError::answered(operation, code, words)).map(|row| row.meaning)
    };
    let cases = [
        ("RegisterTaskDefinition", "ClientException", "Role is not valid", true),
        ("RegisterTaskDefinition", "ClientException", "No container", false),
        ("CreateCluster", "ClientException", "Role is not valid", false),
        (
            "CreateCluster",
            "InvalidParameterException",
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
            true,
        ),
        ("CreateService", "AccessDeniedException", "Unable to assume", false),
        ("RunTask", "AccessDeniedException", "User: x is not authorized to perform: iam:PassRole on resource: y", true),
        (
            "RunTask",
            "AccessDeniedException",
            "User: x is not authorized to perform: iam:PassRole on resource: y with an explicit deny in a service control policy",
            false,
        ),
        ("DeleteSecurityGroup", "DependencyViolation", "", true),
        ("DeleteSubnet", "DependencyViolation", "", true),
        ("CreateSubnet", "DependencyViolation", "", false),
        ("CreateLogGroup", "LimitExceededException", "Resource limit exceeded.", false),
    ];
    for (operation, code, words, passes) in cases {
        assert_eq!(found(operation, code, words).is_some(), passes, "{operation}: {code}: {words}");
    }
}

#[test]
fn no_row_hides_another() {
    for (index, row) in passing().enumerate() {
        for operation in row.operations {
            let words = row.says.unwrap_or_default();
            let error = CloudError::answered(operation, row.code, words);
            let first = passing().position(|row| row.matches(&error));
            assert_eq!(first, Some(index), "{operation}: {}", row.code);
        }
    }
}
