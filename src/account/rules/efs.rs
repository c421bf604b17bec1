//! Rules for what Amazon EFS is told.

use super::TextRule;

/// The name of a file system or of an access point: the token of the call that makes it.
pub const CREATION_TOKEN: TextRule = TextRule {
    min: 1,
    max: 64,
    is_valid: |token| !token.contains('\n'),
    source: "CreateFileSystem, CreateAccessPoint, Amazon EFS API",
};

/// The directory of an access point: `/`, or up to four names.
pub const ACCESS_POINT_PATH: TextRule = TextRule {
    min: 1,
    max: 100,
    is_valid: |path| {
        let is_name = |name: &str| {
            let is_odd = |c: char| "^$#<>;`|&?{}*\n".contains(c);
            !name.is_empty() && !name.starts_with('.') && !name.contains(is_odd)
        };
        let names = path.strip_prefix('/');
        path == "/" || names.is_some_and(|names| names.split('/').count() <= 4 && names.split('/').all(is_name))
    },
    source: "RootDirectory, Amazon EFS API",
};

/// The permissions of a directory, as in `0755`.
pub const POSIX_PERMISSIONS: TextRule = TextRule {
    min: 3,
    max: 4,
    is_valid: |digits| digits.chars().all(|c| ('0'..='7').contains(&c)),
    source: "CreationInfo, Amazon EFS API",
};

/// The most security groups of a mount target ("Amazon EFS quotas", user guide).
pub const MOUNT_TARGET_GROUPS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_a_path_of_few_plain_names() {
        for path in ["/", "/a", "/data/web 1/x/y"] {
            assert!(ACCESS_POINT_PATH.allows(path), "{path}");
        }
        for path in ["", "a", "/a/", "//", "/.ssh", "/a/b/c/d/e", "/a*", "/a\n"] {
            assert!(!ACCESS_POINT_PATH.allows(path), "{path}");
        }
        assert!(["755", "0700"].iter().all(|digits| POSIX_PERMISSIONS.allows(digits)));
        assert!(["77", "0888", "rwx", "00755"].iter().all(|digits| !POSIX_PERMISSIONS.allows(digits)));
    }
}
