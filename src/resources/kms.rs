//! Keys of AWS KMS, as other resources name them.

use crate::resource::Problem;

/// Returns what is wrong with naming a key by an alias, if `key` is one: AWS keeps and answers the key itself, and doesn't
/// say which alias led to it.
pub(super) fn alias(path: &str, key: Option<&str>) -> Option<Problem> {
    let alias = key.filter(|key| key.starts_with("alias/") || key.contains(":alias/"))?;
    let message = format!("`{alias}` may lead to another key tomorrow, and AWS keeps the key that it leads to today");
    let hint = format!("write the key's own ARN: `aws kms describe-key --key-id {alias} --query KeyMetadata.Arn`");
    Some(Problem::at(path, message).hint(hint))
}
