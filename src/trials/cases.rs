//! Small labs that broke real use, each with what becomes of it: `tests/cases/`.

use std::collections::BTreeSet;
use std::{fs, io};

use super::{Command, End, World, calm, trial};
use crate::cloud::Account;
use crate::plan::Scope;
use crate::resource::Names;
use crate::spec::Source;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// What becomes of a lab.
#[derive(Debug)]
enum Fate {
    /// It is made whole, its plan is empty then, and it is taken down whole.
    Clean,
    /// Likewise, and labform warns in these words before.
    Warned(&'static [&'static str]),
    /// It is refused before the first call, in these words.
    Refused(&'static [&'static str]),
    /// It is refused once the account is looked at, in these words, and can be taken down all the same.
    Absent(&'static [&'static str]),
    /// It is made, and its service doesn't come up, which is said in these words; it is taken down whole.
    Unready(&'static [&'static str], &'static [&'static str]),
}
use Fate::{Absent, Clean, Refused, Unready, Warned};

/// The labs, by file. A task definition alone is the body of one.
const CASES: &[(&str, Fate)] = &[
    ("authenticate-oidc.yaml", Refused(&["missing field `clientSecret`"])),
    ("bucket-options.yaml", Refused(&["a policy has at least one statement"])),
    // The trials' account has every image.
    ("circuit-breaker-rollback.yaml", Warned(&["nobody-pushed-this"])),
    ("cluster-exec-logging.yaml", Refused(&["doesn't manage `configuration` yet"])),
    ("code-deploy-image.yaml", Clean),
    ("deletion-protection.yaml", Clean),
    ("deployment-strategy.yaml", Refused(&["`deploymentConfiguration.strategy`", "`errors`"])),
    ("duplicate-rule.yaml", Refused(&["one description of a rule", "ipPermissions[0].ipRanges[0]"])),
    ("ebs-volume.yaml", Refused(&["doesn't manage `volumeConfigurations` yet"])),
    ("ecr-encryption.yaml", Refused(&["alias/my", "aws kms describe-key"])),
    ("ecr-exclusion-filter.yaml", Clean),
    ("ecr-image-without-execution-role.yaml", Refused(&["executionRoleArn"])),
    ("ecr-repository-policy.yaml", Clean),
    ("efs-volume.yaml", Clean),
    ("existing-log-group.yaml", Clean),
    (
        "fargate-refuses.yaml",
        Refused(&["privileged", "links", "tmpfs", "sharedMemorySize", "NET_ADMIN", "stopTimeout"]),
    ),
    ("files/accented-tags.yaml", Clean),
    ("files/described.json", Warned(&["passed over what AWS sets itself: taskDefinitionArn, revision, status"])),
    ("files/empty-enums.json", Clean),
    ("files/empty-image.json", Refused(&["image"])),
    ("files/envsubst.json", Refused(&["unknown `${AWS_ACCOUNT_ID}`", "no variables of the shell"])),
    ("files/file-and-own-field.yaml", Clean),
    ("files/first-fault-hides.yaml", Refused(&["ipProtocol", "expected a text", "expected a whole number"])),
    ("files/foreign-role.json", Refused(&["the role is of another account, 111122223333"])),
    ("files/hidden-folder.yaml", Clean),
    ("files/host-port.json", Refused(&["hostPort"])),
    (
        "files/plain-secrets.json",
        Refused(&[
            "`CSRF_SECRET` would be readable",
            "`SESSION_SECRET` would be readable",
            "`DEMO_API_KEY` would be readable",
            "`DATABASE_URL` would be readable",
            "write `notSecret: [CSRF_SECRET, SESSION_SECRET, DEMO_API_KEY, DATABASE_URL]` in the task definition, beside",
        ]),
    ),
    (
        "files/placeholder-account.json",
        Refused(&[
            "json:3:23: taskDefinition.it: the role's account is `<ACCOUNT_ID>`",
            "json:4:18: taskDefinition.it: the role's account is `ACCOUNT_ID`",
        ]),
    ),
    ("files/placeholder-image.json", Refused(&["`<IMAGE1_NAME>` is no image"])),
    ("files/private-without-nat.yaml", Unready(&["assignPublicIp"], &["service.s"])),
    ("files/service-paste.yaml", Refused(&["`role`", "`deploymentConfiguration.strategy`"])),
    ("files/short-role.json", Clean),
    ("files/text-numbers.json", Clean),
    ("files/wrapped.json", Clean),
    ("firelens-user.yaml", Clean),
    ("foreign-revision.yaml", Clean),
    ("https-and-redirect.yaml", Unready(&[], &["CertificateNotFound"])),
    ("icmp-type-only.yaml", Clean),
    ("listener-rules.yaml", Refused(&["a map of names below `rules`, found a list"])),
    ("log-group-class-kms.yaml", Clean),
    ("managed-policy.yaml", Refused(&["policies"])),
    ("mutual-security-groups.yaml", Clean),
    ("network-load-balancer.yaml", Clean),
    ("other-vpc.yaml", Absent(&["there is no vpc `vpc-0123456789abcdef0`"])),
    ("pasted-described.yaml", Warned(&["passed over what AWS sets itself"])),
    ("permissions-boundary.yaml", Clean),
    ("plain-secrets-but-one.yaml", Refused(&["`DEMO_API_KEY` would be readable"])),
    ("plain-secrets-that-are-none.yaml", Clean),
    ("policy-as-text.yaml", Clean),
    ("policy-typo.yaml", Refused(&["assumeRolePolicyDocument"])),
    ("policy-variety.yaml", Clean),
    ("replace-32-char-name.yaml", Clean),
    ("retention-zero.yaml", Clean),
    ("same-service-two-clusters.yaml", Clean),
    ("secret-like-names.yaml", Clean),
    ("security-group-variety.yaml", Clean),
    ("service-connect.yaml", Refused(&["namespaces", "`lab`"])),
    ("service-registries.yaml", Refused(&["discoveryServices"])),
    ("shared-infrastructure.yaml", Absent(&["no cluster `arn:", "no securityGroup `sg-", "no targetGroup `arn:"])),
    ("spot-not-in-cluster.yaml", Refused(&["FARGATE_SPOT"])),
    ("target-group-not-checked.yaml", Refused(&["targetGroup.a", "targetGroup.b", "targetGroup.d", "targetGroup.h"])),
    ("weighted-forward.yaml", Refused(&["`app` stands here twice"])),
    ("whole-lab.yaml", Clean),
];

/// The files that a lab takes in: one of the folder's, or any task definition.
fn load(path: &str) -> io::Result<String> {
    match path.strip_prefix("files/") {
        Some(_) => fs::read_to_string(format!("{FOLDER}/{path}")),
        None => fs::read_to_string(format!("{FOLDER}/files/wrapped.json")),
    }
}

fn source(file: &str) -> Result<Source, String> {
    let text = match file.ends_with(".json") {
        true => format!("lab: pasted\nregion: eu-west-1\nvpc: default\ntaskDefinitions:\n  it: {{ file: {file} }}\n"),
        false => fs::read_to_string(format!("{FOLDER}/{file}")).expect("the case is there"),
    };
    Source::parse("lab.yaml", &text, &load).map_err(|errors| errors.to_string())
}

/// Makes the lab and takes it down. Returns what kept it from coming up.
async fn live(world: &World, file: &str) -> Result<Option<String>, String> {
    let lab = || source(file).expect("it was read before");
    let mut kept = None;
    // The second one finds nothing to do: an apply ends with the plan that proves it.
    for _ in 0..2 {
        match world.at_source(&Command::Apply, &lab(), async {}, calm).await.end {
            End::Done => {}
            End::Failed(words) => kept = kept.or(Some(words)),
            End::Killed => return Err("killed".to_owned()),
        }
    }
    match world.at_source(&Command::Destroy(Scope::all()), &lab(), async {}, calm).await.end {
        End::Done => Ok(kept),
        end => Err(format!("destroy: {end:?}")),
    }
}

fn lacks<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    words.iter().filter(|word| !text.contains(**word)).copied().collect()
}

/// Returns what is otherwise than it should be.
async fn wrong(world: &World, file: &str, fate: &Fate) -> Option<String> {
    // Whose roles and images are another account's shows once this one is known.
    let account = Account { id: "123456789012".to_owned(), arn: "arn:aws:iam::123456789012:user/student".to_owned() };
    let lab = source(file).and_then(|source| source.at(&account, &Names::new()).map_err(|errors| errors.to_string()));
    let warnings = match lab {
        Ok(lab) => lab.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Err(errors) => {
            let Refused(words) = fate else { return Some(format!("refused:\n{errors}")) };
            let lacks = lacks(&errors, words);
            return (!lacks.is_empty()).then(|| format!("{lacks:?} isn't in\n{errors}"));
        }
    };
    let (warned, kept_by): (&[&str], &[&str]) = match fate {
        Refused(_) => return Some("not refused".to_owned()),
        Clean => (&[], &[]),
        Warned(words) => (words, &[]),
        Absent(kept_by) => (&[], kept_by),
        Unready(words, kept_by) => (words, kept_by),
    };
    if !lacks(&warnings, warned).is_empty() {
        return Some(format!("{warned:?} isn't in the warnings\n{warnings}"));
    }
    match live(world, file).await {
        Err(words) => Some(words),
        Ok(None) => (!kept_by.is_empty()).then(|| "it came up".to_owned()),
        Ok(Some(words)) if kept_by.is_empty() || !lacks(&words, kept_by).is_empty() => Some(words),
        Ok(Some(_)) => None,
    }
}

#[test]
fn each_case_has_its_fate() {
    trial(async {
        let fresh = World::new().await;
        // What the account comes with.
        let iam = fresh.neighbour().await.iam;
        for role in ["ecsTaskExecutionRole", "r"] {
            let made = iam.create_role().role_name(role).assume_role_policy_document(TRUST).send().await;
            made.expect("the name is free");
        }
        let mut problems = Vec::new();
        for (file, fate) in CASES {
            let wrong = wrong(&fresh.fork(), file, fate).await;
            problems.extend(wrong.map(|words| format!("{file}: {words}")));
        }
        assert!(problems.is_empty(), "{} of {}:\n\n{}", problems.len(), CASES.len(), problems.join("\n\n"));
    });
}

#[test]
fn each_file_is_a_case() {
    let names = |folder: &str, prefix: &str| {
        let entries = fs::read_dir(format!("{FOLDER}/{folder}")).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("it can be read").path());
        let files = paths.filter(|path| path.is_file());
        let names = files.map(|path| format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy()));
        names.collect::<Vec<_>>()
    };
    let there: BTreeSet<String> = names("", "").into_iter().chain(names("files", "files/")).collect();
    assert_eq!(there, CASES.iter().map(|(file, _)| (*file).to_owned()).collect());
}
