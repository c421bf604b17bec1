//! Paths that a lab may name.

/// Returns the reason why a path isn't read, if there is one: a lab that somebody else wrote must not take in what lies
/// outside its folder, nor a file that holds credentials.
pub fn path_problem(path: &str) -> Option<&'static str> {
    let mut parts = path.strip_prefix("./").unwrap_or(path).split('/');
    if path.contains(char::is_control) {
        Some("it holds a sign that can't be seen")
    } else if path.starts_with('/') || path.contains(['\\', ':']) {
        Some("it isn't a relative path with `/`")
    } else if parts.clone().any(|part| part == "..") {
        Some("it leads out of the lab's folder")
    } else if parts.clone().any(|part| part.starts_with(['.', '~'])) {
        Some("hidden files aren't read")
    } else {
        parts.any(str::is_empty).then_some("it isn't a path of a file")
    }
}

/// Hidden folders that hold credentials, or what isn't meant to be read.
const PRIVATE: [&str; 11] =
    [".azure", ".cache", ".cargo", ".config", ".docker", ".git", ".gnupg", ".kube", ".local", ".ssh", ".terraform"];
/// Folders below `.aws` in which the AWS CLI keeps tokens.
const TOKENS: [&str; 2] = ["cli", "sso"];

/// Returns the reason why a document isn't taken in from a path, if there is one: beside what [`path_problem`] allows, it
/// may be JSON or YAML in a hidden folder, as in `.aws/task-definition.json`, which CI services prescribe.
pub fn document_problem(path: &str) -> Option<&'static str> {
    let plain = path.strip_prefix("./").unwrap_or(path);
    let (folders, file) = plain.rsplit_once('/').unwrap_or(("", plain));
    let mut parts = folders.split('/');
    let is_document = [".json", ".yaml", ".yml"].iter().any(|end| file.to_ascii_lowercase().ends_with(end));
    let is_private = parts.clone().any(|part| PRIVATE.contains(&part.to_ascii_lowercase().as_str()))
        || folders.starts_with(".aws/") && parts.any(|part| TOKENS.contains(&part));
    if !is_document || is_private {
        return path_problem(path);
    }
    let shown: Vec<&str> = plain.split('/').map(|part| if part == file { part } else { shown(part) }).collect();
    path_problem(&format!("{}{}", if path.starts_with('/') { "/" } else { "" }, shown.join("/")))
}

/// The name of a hidden folder without its dot; any other as it is.
fn shown(part: &str) -> &str {
    match part.strip_prefix('.') {
        Some(rest) if !rest.is_empty() && !rest.starts_with('.') => rest,
        _ => part,
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
            "a\nb",
        ] {
            assert!(path_problem(outside).is_some(), "{outside}");
        }
    }

    #[test]
    fn documents_may_stand_in_hidden_folders_that_keep_no_credentials() {
        for taken in [
            ".aws/task-definition.json",
            "./.aws/td.json",
            "app/.github/td.yaml",
            "td.json",
            "a.txt",
            ".aws/prod/td.yml",
        ] {
            assert_eq!(document_problem(taken), None, "{taken}");
        }
        for refused in [
            ".aws/credentials",
            ".aws/config",
            ".aws/sso/cache/0123.json",
            ".aws/cli/cache/0123.json",
            ".git/x.json",
            "a/.git/x.json",
            ".GIT/x.json",
            ".docker/config.json",
            ".kube/config.yaml",
            ".env",
            ".secret.json",
            "../.aws/td.json",
            ".../td.json",
            "./../td.json",
            "/.aws/td.json",
            "~/.aws/td.json",
            ".aws//td.json",
            "C:/.aws/td.json",
        ] {
            assert!(document_problem(refused).is_some(), "{refused}");
        }
    }
}
