//! The files that a job is given in S3, and those that it writes there.

use super::*;

const HEAD_OF_JOB: &str = "
clusters: { main: {} }
buckets: { images: {} }
taskDefinitions:
  ask: { memory: 512, containerDefinitions: [{ name: ask, image: x }] }
jobs:
  ask:
    cluster: main
    taskDefinition: ask
";

#[test]
fn inputs_and_outputs_name_buckets_that_the_job_needs() {
    let text = format!(
        "{HEAD}{HEAD_OF_JOB}    inputs: [{{ file: cat.jpg, bucket: images, key: input/cat.jpg }}]\n    outputs: [{{ bucket: \
         images, key: \"${{lab}}.json\", file: results/out.json }}]\n"
    );
    let lab = read(&text, &[]).unwrap();
    let job = &lab.jobs["ask"];
    assert_eq!(job.inputs.as_ref().unwrap()[0].key, "input/cat.jpg");
    assert_eq!(job.outputs.as_ref().unwrap()[0].key, "demo.json");
    let needs = addresses(&["bucket.images", "cluster.main", "taskDefinition.ask"]);
    assert_eq!(lab.job_refs("ask"), needs);
}

#[test]
fn inputs_and_outputs_are_checked() {
    let text = format!(
        "{HEAD_OF_JOB}    inputs:
      - {{ file: ../cat.jpg, bucket: imges, key: s3://images/cat.jpg }}
      - {{ file: a.jpg, bucket: images, key: a }}
      - {{ file: b.jpg, bucket: images, key: a }}
    outputs:
      - {{ bucket: images, key: \"\", file: /tmp/x }}
      - {{ bucket: images, key: b, file: out.json }}
      - {{ bucket: images, key: c, file: out.json, format: json }}
      - {{ bucket: images, key: a }}
"
    );
    insta::assert_snapshot!(below_head(&text), @r#"
    lab.yaml:14:17: job.ask: can't use `../cat.jpg`: it leads out of the lab's folder
       |
    14 |       - { file: ../cat.jpg, bucket: imges, key: s3://images/cat.jpg }
       |                 ^^^^^^^^^^
       = paths start at the folder of lab.yaml

    lab.yaml:14:37: job.ask: there is no `imges` below `buckets`
       |
    14 |       - { file: ../cat.jpg, bucket: imges, key: s3://images/cat.jpg }
       |                                     ^^^^^
       = did you mean `images`?

    lab.yaml:14:49: job.ask: `s3://images/cat.jpg` is a URL, and a key is what stands behind the bucket
       |
    14 |       - { file: ../cat.jpg, bucket: imges, key: s3://images/cat.jpg }
       |                                                 ^^^^^^^^^^^^^^^^^^^
       = write `cat.jpg`, and the bucket in `bucket`

    lab.yaml:16:45: job.ask: another input is put there already
       |
    16 |       - { file: b.jpg, bucket: images, key: a }
       |                                             ^

    lab.yaml:18:32: job.ask: a key has 1 to 1024 bytes
       |
    18 |       - { bucket: images, key: "", file: /tmp/x }
       |                                ^^

    lab.yaml:18:42: job.ask: can't use `/tmp/x`: it isn't a relative path with `/`
       |
    18 |       - { bucket: images, key: "", file: /tmp/x }
       |                                          ^^^^^^
       = paths start at the folder of lab.yaml

    lab.yaml:20:41: job.ask: another output is written there already
       |
    20 |       - { bucket: images, key: c, file: out.json, format: json }
       |                                         ^^^^^^^^

    lab.yaml:20:51: job.ask: unknown field `format`
       |
    20 |       - { bucket: images, key: c, file: out.json, format: json }
       |                                                   ^^^^^^
       = known here: `bucket`, `key`, `file`

    lab.yaml:21:32: job.ask: an input is put there: the job's result would be told from it by nothing
       |
    21 |       - { bucket: images, key: a }
       |                                ^
       = let its command write to another key
    "#);
}

#[test]
fn what_aws_refuses_to_run_is_refused_at_its_place() {
    for example in labform_account::rules::RUN_TASK.examples() {
        let lab = format!(
            "{HEAD}clusters: {{ main: {{}} }}\nsecurityGroups: {{ sg-1: {{}} }}\ntaskDefinitions:\n  web: {{ networkMode: awsvpc, \
             containerDefinitions: [{{ name: a, image: nginx, memory: 128 }}] }}\njobs: {{ it: {} }}\n",
            example.input
        );
        let errors = read(&lab, &[]).err().map(|errors| errors.0).unwrap_or_default();
        let is_told = errors.iter().any(|error| error.address.as_deref() == Some("job.it"));
        assert!(is_told, "{}: {errors:?}", example.changes);
    }
}
