//! The roles of the account: those under a lab's path, and all at once if IAM tells so much.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_sdk_iam::types::{EntityType, RoleDetail};

use super::owner::role_path;
use super::{Cloud, CloudError, ErrorKind, Result};

/// The most roles that an answer may hold (GetAccountAuthorizationDetails, API reference).
const PAGE: i32 = 1000;

/// All roles of the account by their names, as GetAccountAuthorizationDetails tells of them: with tags and policies, and
/// without descriptions and longest sessions.
pub type AllRoles = BTreeMap<String, RoleDetail>;

impl Cloud {
    /// Returns all roles of the account, which one call tells in a look. None outside of a look, and if IAM doesn't tell,
    /// because the caller may not read so much or the server doesn't know the call: then it isn't asked again, and roles
    /// are read one by one.
    ///
    /// # Errors
    /// If IAM can't be read.
    pub async fn all_roles(&self) -> Result<Option<Arc<AllRoles>>> {
        if self.memo.is_none() || self.roles_untold.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let fetch = async {
            match self.fetch_all_roles().await {
                Err(error) if is_untold(&error) => {
                    self.roles_untold.store(true, Ordering::Relaxed);
                    Ok(None)
                }
                roles => Ok(Some(Arc::new(roles?))),
            }
        };
        Ok(Arc::unwrap_or_clone(self.once("GetAccountAuthorizationDetails", fetch).await?))
    }

    async fn fetch_all_roles(&self) -> Result<AllRoles> {
        let ask = self.iam.get_account_authorization_details().filter(EntityType::Role);
        let mut pages = ask.max_items(PAGE).into_paginator().send();
        let mut roles = AllRoles::new();
        while let Some(page) = pages.next().await {
            let page = page?.role_detail_list.unwrap_or_default().into_iter();
            roles.extend(page.map(|role| (role.role_name().unwrap_or_default().to_owned(), role)));
        }
        Ok(roles)
    }

    /// The ARNs of the roles under the lab's path, which stands in for a tag index: IAM isn't in that.
    ///
    /// # Errors
    /// If IAM can't be read.
    pub async fn roles_of(&self, lab: &str) -> Result<Vec<String>> {
        let path = role_path(lab, &self.region);
        let fetch = async {
            let mut pages = self.iam.list_roles().path_prefix(&path).into_paginator().send();
            let mut arns = Vec::new();
            while let Some(page) = pages.next().await {
                arns.extend(page?.roles().iter().map(|role| role.arn().to_owned()));
            }
            Ok(arns)
        };
        Ok(Arc::unwrap_or_clone(self.once(&format!("ListRoles {path}"), fetch).await?))
    }

    /// Returns how many roles each lab has, by the lab and its region, which the roles' paths name; of all labs, or of
    /// one.
    ///
    /// # Errors
    /// If IAM can't be read.
    pub async fn role_places(&self, lab: Option<&str>) -> Result<BTreeMap<(String, String), usize>> {
        let below = lab.map_or_else(String::new, |lab| format!("{lab}/"));
        let mut pages = self.iam.list_roles().path_prefix(format!("/labform/{below}")).into_paginator().send();
        let mut places = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for role in page?.roles() {
                let mut parts = role.path().split('/').skip(2).map(str::to_owned);
                if let (Some(lab), Some(region)) = (parts.next(), parts.next().filter(|region| !region.is_empty())) {
                    *places.entry((lab, region)).or_default() += 1;
                }
            }
        }
        Ok(places)
    }
}

/// Returns whether an error says that IAM won't tell of all roles, however often it is asked.
fn is_untold(error: &CloudError) -> bool {
    let is_refusal = matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Other);
    is_refusal && matches!(error, CloudError::Aws(_))
}
