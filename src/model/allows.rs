//! What a policy document allows, as far as its statements that allow something tell.

use serde_json::Value;

use super::PolicyDocument;

impl PolicyDocument {
    /// Returns whether a statement allows `action`, as in `ssm:GetParameters`, on an object for which `is_meant` says that
    /// a pattern of ARNs takes it in. What a statement says by exceptions or a condition, it is taken to allow; what
    /// another one denies is not looked at.
    pub fn allows(&self, action: &str, is_meant: impl Fn(&str) -> bool) -> bool {
        let is_action = |pattern: &str| fits(&pattern.to_lowercase(), &action.to_lowercase());
        let says = |statement: &Value, member: &str, is_it: &dyn Fn(&str) -> bool| {
            statement.get(format!("Not{member}")).is_some()
                || entries(&statement[member]).iter().any(|one| one.as_str().is_none_or(is_it))
        };
        let allows = |statement: &&Value| {
            statement["Effect"] == "Allow"
                && says(statement, "Action", &is_action)
                && says(statement, "Resource", &is_meant)
        };
        entries(&self.0["Statement"]).iter().find(allows).is_some()
    }
}

/// A list's entries, or the one value that stands for a list of itself.
fn entries(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Returns whether `value` fits an IAM pattern, in which `*` stands for any text and `?` for one character ("IAM JSON
/// policy elements: Resource", IAM user guide).
///
/// ```
/// use labform::model::fits;
///
/// assert!(fits("arn:aws:ssm:*:parameter/lab/*", "arn:aws:ssm:eu-west-1:1:parameter/lab/key"));
/// assert!(!fits("secret:db-??????", "secret:db"));
/// ```
pub fn fits(pattern: &str, value: &str) -> bool {
    let (mut pattern, mut value) = (pattern.chars(), value.chars());
    // The place behind the last `*`, and what of the value it hasn't taken yet.
    let mut again: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let rest = value.clone();
        match (pattern.next(), value.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                value = rest;
                again = Some((pattern.clone(), value.clone()));
            }
            (Some(sign), Some(c)) if sign == '?' || sign == c => {}
            _ => {
                let Some((behind, left)) = &mut again else {
                    return false;
                };
                if left.next().is_none() {
                    return false;
                }
                (pattern, value) = (behind.clone(), left.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_take_wildcards() {
        for (pattern, value, expected) in [
            ("*", "", true),
            ("*-sg", "ecs-sg-alb-sg", true),
            ("ecs-?ab", "ecs-lab", true),
            ("ecs", "ecs-lab", false),
            ("ecs-lab", "ecs", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("**?", "", false),
        ] {
            assert_eq!(fits(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn a_statement_allows_what_its_patterns_take_in() {
        let allows = |statement| {
            let document = PolicyDocument(json!({ "Statement": statement }));
            document.allows("ssm:GetParameters", |pattern| fits(pattern, "arn:aws:ssm:r:1:parameter/lab/key"))
        };
        for statement in [
            json!({"Effect": "Allow", "Action": "SSM:get*", "Resource": "*"}),
            json!([{"Effect": "Allow", "Action": ["a:B", "ssm:GetParameters"], "Resource": ["arn:*:parameter/lab/*"]}]),
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        ] {
            assert!(allows(statement.clone()), "{statement}");
        }
        for statement in [
            json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "ssm:*", "Resource": "arn:aws:ssm:r:1:parameter/other"}),
            json!([]),
        ] {
            assert!(!allows(statement.clone()), "{statement}");
        }
    }
}
