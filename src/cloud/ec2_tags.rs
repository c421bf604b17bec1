//! The kinds of objects that Amazon EC2 has under a lab's owner tag: one call instead of a listing of each kind.

use serde_json::json;

use super::{Cloud, EC2, LAB_TAG, Result};

impl Cloud {
    /// Returns whether EC2 has objects of the kind `word`, as in `security-group`, with the owner tag of `lab`.
    ///
    /// # Errors
    /// If EC2's tags can't be read.
    pub async fn has_in_ec2(&self, lab: &str, word: &str) -> Result<bool> {
        let asked = json!({"Filter": [{"Name": "key", "Value": [LAB_TAG]}, {"Name": "value", "Value": [lab]}]});
        let pages = self.pages(&EC2, "DescribeTags", asked).await?;
        let mut tags = pages.iter().filter_map(|page| page[EC2.tags.shown].as_array()).flatten();
        Ok(tags.any(|tag| tag["resourceType"] == word))
    }
}
