//! Listeners over HTTPS, whose certificates are looked up.

use serde_json::{Value, json};

use super::{World, trial};
use crate::cloud::{CERTIFICATE_MANAGER, Cloud, ELASTIC_LOAD_BALANCING};

/// A lab whose listener shows these certificates, of which it looks `a`, `b` and `c` up.
fn lab(shown: &[&str]) -> String {
    let certificates: Value = shown.iter().map(|name| json!({"certificateArn": name})).collect();
    let looked_up = ["a", "b", "c"].map(|name| (name.to_owned(), json!({"domainName": format!("{name}.example.com")})));
    let actions = json!([{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}]);
    let listener = json!({"port": 443, "protocol": "HTTPS", "certificates": certificates, "defaultActions": actions});
    json!({"lab": "ecs-lab", "region": "eu-west-1", "vpc": "default",
        "certificates": looked_up.into_iter().collect::<Value>(),
        "loadBalancers": {"web": {"listeners": {"https": listener}}}})
    .to_string()
}

/// The same lab over HTTP.
fn plain() -> String {
    let mut lab: Value = serde_json::from_str(&lab(&["a"])).unwrap();
    let listener = &mut lab["loadBalancers"]["web"]["listeners"]["https"];
    listener["protocol"] = "HTTP".into();
    listener.as_object_mut().unwrap().remove("certificates");
    lab.to_string()
}

async fn request(cloud: &Cloud, domain: &str, key: &str) -> String {
    let asked = json!({"DomainName": domain, "KeyAlgorithm": key});
    let answer = cloud.call(&CERTIFICATE_MANAGER, "RequestCertificate", asked).await.unwrap();
    answer["CertificateArn"].as_str().unwrap().to_owned()
}

/// The listener of the lab with the certificates that it shows, the default one first.
async fn found(world: &World) -> (Value, Vec<String>) {
    let cloud = world.neighbour().await;
    let ask = async |operation, input| cloud.call(&ELASTIC_LOAD_BALANCING, operation, input).await.unwrap();
    let balancers = ask("DescribeLoadBalancers", json!({})).await;
    let arn = &balancers["LoadBalancers"][0]["LoadBalancerArn"];
    let listener = ask("DescribeListeners", json!({"LoadBalancerArn": arn})).await["Listeners"][0].take();
    let shown = ask("DescribeListenerCertificates", json!({"ListenerArn": listener["ListenerArn"]})).await;
    let arns = shown["Certificates"].as_array().into_iter().flatten();
    let arns = arns.map(|one| one["CertificateArn"].as_str().unwrap().to_owned()).collect();
    (listener, arns)
}

#[test]
fn a_listener_shows_the_certificates_that_it_names() {
    trial(async {
        let world = World::new().await;
        let cloud = world.neighbour().await;
        let a = request(&cloud, "a.example.com", "RSA_2048").await;
        // One that a listing without its key's name leaves out, and one for all names of a domain.
        let b = request(&cloud, "b.example.com", "EC_prime256v1").await;
        let c = request(&cloud, "*.example.com", "RSA_2048").await;
        let arn = |name: &&str| match *name {
            "a" => a.clone(),
            "b" => b.clone(),
            "c" => c.clone(),
            arn => arn.to_owned(),
        };
        world.settle_strangers();
        for shown in [&["a"][..], &["a", "b"], &["b", "a"], &["b", "a", "c"], &["c"], &[a.as_str(), "b"]] {
            world.apply(&lab(shown)).await.done();
            let (listener, mut arns) = found(&world).await;
            assert_eq!(listener["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-2021-06");
            assert_eq!(arns[0], arn(&shown[0]), "{shown:?}");
            let mut expected: Vec<String> = shown.iter().map(arn).collect();
            arns.sort();
            expected.sort();
            assert_eq!(arns, expected, "{shown:?}");
            assert_eq!(world.apply(&lab(shown)).await.done().changes(), 0, "{shown:?}");
        }
        world.apply(&plain()).await.done();
        assert_eq!(found(&world).await.0["Protocol"], "HTTP");
        world.apply(&lab(&["a"])).await.done();
        assert_eq!(found(&world).await.0["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-2021-06");
        world.destroy(&lab(&["a"])).await.done();
    });
}

#[test]
fn a_certificate_that_is_not_there_is_told_before_anything_is_made_and_keeps_no_destroy() {
    trial(async {
        let world = World::new().await;
        let cloud = world.neighbour().await;
        request(&cloud, "other.example.com", "RSA_2048").await;
        world.settle_strangers();
        let ran = world.apply(&lab(&["a"])).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        assert!(said.contains("no issued certificate for a.example.com in eu-west-1, but those for other."), "{said}");
        // Of two the one is taken that holds longer; a newer one is a difference.
        request(&cloud, "a.example.com", "RSA_2048").await;
        let newer = request(&cloud, "a.example.com", "RSA_2048").await;
        world.settle_strangers();
        world.apply(&lab(&["a"])).await.done();
        assert_eq!(found(&world).await.1, std::slice::from_ref(&newer));
        let delete = cloud.call(&CERTIFICATE_MANAGER, "DeleteCertificate", json!({"CertificateArn": newer}));
        assert!(delete.await.is_err_and(|error| error.is("ResourceInUseException")));
        let newest = request(&cloud, "a.example.com", "RSA_2048").await;
        world.settle_strangers();
        world.apply(&lab(&["a"])).await.done();
        assert_eq!(found(&world).await.1, [newest]);
        world.destroy(&lab(&["a"])).await.done();
    });
}
