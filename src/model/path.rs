//! Paths that a lab may name.

/// Returns the reason why a path isn't read, if there is one: a lab that somebody else wrote must not take in what lies
/// outside its folder, nor a file that holds credentials.
pub fn path_problem(path: &str) -> Option<&'static str> {
    let mut parts = path.strip_prefix("./").unwrap_or(path).split('/');
    if path.starts_with('/') || path.contains(['\\', ':']) {
        Some("it isn't a relative path with `/`")
    } else if parts.clone().any(|part| part == "..") {
        Some("it leads out of the lab's folder")
    } else if parts.clone().any(|part| part.starts_with(['.', '~'])) {
        Some("hidden files aren't read")
    } else {
        parts.any(str::is_empty).then_some("it isn't a path of a file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_folder_are_read() {
        for inside in ["td.json", "./td.json", "policies/s3.json", "a..b.json"] {
            assert_eq!(path_problem(inside), None, "{inside}");
        }
        for outside in [
            "/etc/passwd",
            "../x.json",
            "a/../../x",
            "~/.aws/credentials",
            ".env",
            "a/.git/config",
            "",
            "c:\\x.json",
            "C:x.json",
            "a//b",
            "a/",
        ] {
            assert!(path_problem(outside).is_some(), "{outside}");
        }
    }
}
