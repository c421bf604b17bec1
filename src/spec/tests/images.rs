//! Images in a lab: their names, what follows them, and their mistakes as they are shown.

use super::*;

const IMAGES: &str = "repositories: { web: { repositoryName: \"${lab}/web\" } }\nimages:\n";

fn below_images(text: &str) -> String {
    errors(&format!("{HEAD}{IMAGES}{text}"))
}

#[test]
fn a_task_definition_comes_after_the_image_that_it_runs() {
    for image in
        ["${images.app.uri}", "${repositories.web.uri}:v1", "000000000000.dkr.ecr.eu-west-1.amazonaws.com/demo/web:v1"]
    {
        let text = format!(
            "{HEAD}{IMAGES}  app: {{ repository: web, tag: v1, context: app }}\ntaskDefinitions:\n  \
             a: {{ memory: 512, containerDefinitions: [{{ name: a, image: \"{image}\" }}] }}\n"
        );
        let lab = read(&text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        let node = &lab.nodes[&Address::new("taskDefinition", "a")];
        assert!(node.refs.contains(&Address::new("image", "app")), "{image}");
        let app = &lab.nodes[&Address::new("image", "app")];
        assert_eq!(app.name, "demo/web:v1");
        let container = &node.value["containerDefinitions"][0]["image"];
        assert_eq!(container, "000000000000.dkr.ecr.eu-west-1.amazonaws.com/demo/web:v1");
    }
}

#[test]
fn mistakes_are_shown_at_their_place() {
    insta::assert_snapshot!(below_images("  app: { repository: wbe, context: app }\n"), @r"
    lab.yaml:6:22: image.app: there is no `wbe` below `repositories`
      |
    6 |   app: { repository: wbe, context: app }
      |                      ^^^
      = did you mean `web`?
    ");
    insta::assert_snapshot!(below_images("  app: { repository: web, tag: \"a b\", context: app }\n"), @r#"
    lab.yaml:6:32: image.app: `demo/web:a b` is not a valid name: AWS allows letters, digits, _ . and - in a tag, at most 128, with no . or - first
      |
    6 |   app: { repository: web, tag: "a b", context: app }
      |                                ^^^^^
    "#);
    insta::assert_snapshot!(below_images("  app: { repository: web }\n"), @r"
    lab.yaml:6:3: image.app: it says nothing of what the image is made from
      |
    6 |   app: { repository: web }
      |   ^^^
      = give `context` (a folder with a Dockerfile), `archive` (a tar file or an OCI layout) or `mirror` (an image of another registry)
    ");
    insta::assert_snapshot!(below_images("  app: { repository: web, context: app, tags: { a: b } }\n"), @r"
    lab.yaml:6:3: image.app: AWS keeps no `tags` for a thing of the kind `image`
      |
    6 |   app: { repository: web, context: app, tags: { a: b } }
      |   ^^^
      = give `tags` to its `repository`
    ");
    insta::assert_snapshot!(below_images("  app: { repository: web, context: app, sourceDigest: x }\n"), @r"
    lab.yaml:6:41: image.app: unknown field `sourceDigest`
      |
    6 |   app: { repository: web, context: app, sourceDigest: x }
      |                                         ^^^^^^^^^^^^
      = known here: `repository`, `tag`, `context`, `dockerfile`, `target`, `buildArgs`, `notSecret`, `archive`, `mirror`, `platform`
    ");
    insta::assert_snapshot!(
        below_images("  app: { repository: web, context: app }\n  b: { repository: web, tag: latest, mirror: nginx }\n"),
        @r"
    lab.yaml:7:30: image.b: its name in AWS would be `demo/web:latest`, and so would that of image.app
      |
    7 |   b: { repository: web, tag: latest, mirror: nginx }
      |                              ^^^^^^
      = give one of them another `tag`
    "
    );
    let arm = "  app: { repository: web, context: app, platform: linux/arm64 }\ntaskDefinitions:\n  a:\n    \
               requiresCompatibilities: [FARGATE]\n    networkMode: awsvpc\n    cpu: 256\n    memory: 512\n    executionRoleArn: exec\n    \
               containerDefinitions: [{ name: a, image: \"${images.app.uri}\" }]\n";
    insta::assert_snapshot!(below_images(arm), @r#"
    lab.yaml:14:46: taskDefinition.a: image.app is for linux/arm64, and the task runs on linux/amd64
       |
    14 |     containerDefinitions: [{ name: a, image: "${images.app.uri}" }]
       |                                              ^^^^^^^^^^^^^^^^^^^
       = write `platform: linux/amd64` in image.app, or another `runtimePlatform` in the task definition
    "#);
}

#[test]
fn a_problem_of_a_file_is_told_at_its_place() {
    let text = format!("{HEAD}{IMAGES}  app: {{ repository: web, context: app }}\n");
    let none = |_: &str| Err(io::ErrorKind::NotFound.into());
    let source = Source::parse("lab.yaml", &text, &none).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(source.refuse(Vec::new()).is_ok());
    let problem = Problem::at("context", "can't take `app`: there is no such file or folder");
    let told = source.refuse(vec![(Address::new("image", "app"), problem)]);
    insta::assert_snapshot!(told.unwrap_err().to_string(), @r"
    lab.yaml:6:36: image.app: can't take `app`: there is no such file or folder
      |
    6 |   app: { repository: web, context: app }
      |                                    ^^^
    ");
}

#[test]
fn a_log_goes_to_the_region_of_its_group() {
    let text = "lab: demo
region: eu-west-1
logGroups: { app: {} }
taskDefinitions:
  a:
    memory: 512
    containerDefinitions:
      - name: app
        image: nginx
        logConfiguration:
          logDriver: awslogs
          options: { awslogs-group: \"${logGroups.app.name}\", awslogs-region: eu-central-1 }
";
    let told = errors(text);
    let words = "taskDefinition.a: logGroup.app stands in eu-west-1, and the container's log goes to eu-central-1";
    assert!(told.starts_with("lab.yaml:12:") && told.contains(words), "{told}");
    assert_eq!(errors(&text.replace("eu-central-1", "\"${region}\"")), "nothing");
}
