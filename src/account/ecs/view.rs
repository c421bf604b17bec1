//! A task as DescribeTasks shows it.

use serde_json::{Value, json};

use super::service::PLATFORM_VERSION;
use super::task::Task;
use super::{TAGS, launch};
use crate::account::{Account, seconds};
use crate::ec2;
use crate::ids::{dashed, hash};
use crate::input::list;

impl Task {
    pub(super) fn shown(&self, account: &Account) -> Value {
        let now = account.now;
        let mut shown = json!({
            "taskArn": self.arn,
            "taskDefinitionArn": self.definition,
            "clusterArn": account.arn("ecs", &format!("cluster/{}", self.cluster)),
            "group": self.group,
            "createdAt": seconds(self.created),
            "lastStatus": self.status(now),
            "desiredStatus": if self.is_stopping(now) { "STOPPED" } else { "RUNNING" },
            "healthStatus": self.health(now).unwrap_or("UNKNOWN"),
            "platformFamily": "Linux",
            "platformVersion": PLATFORM_VERSION,
            "cpu": self.size.0,
            "memory": self.size.1,
            "version": 1 + self.done.len(),
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "overrides": self.shown_overrides(),
            "attachments": self.attachments(account),
            "containers": self.containers.iter().map(|container| self.container(account, container)).collect::<Value>(),
            "ephemeralStorage": {"sizeInGiB": 20},
            "enableExecuteCommand": self.body.get("enableExecuteCommand").is_some_and(|it| *it == true),
            "tags": TAGS.write(&self.tags),
        });
        if let Some(by) = &self.started_by {
            shown["startedBy"] = json!(by);
        }
        if let Some((_, zone)) = self.subnet.as_ref().and_then(|subnet| ec2::subnet_place(account, subnet)) {
            shown["availabilityZone"] = json!(zone);
        }
        match launch::provider(&self.body) {
            Some(provider) => shown["capacityProviderName"] = json!(provider),
            None => shown["launchType"] = self.body["launchType"].clone(),
        }
        self.show_times(&mut shown, now);
        shown
    }

    /// The overrides: an entry for each container, which names it if nothing of it is overridden.
    fn shown_overrides(&self) -> Value {
        let given = list(&self.overrides, "containerOverrides");
        let containers = self.containers.iter().map(|container| {
            let own = given.iter().find(|one| one["name"] == container["name"]);
            own.cloned().unwrap_or_else(|| json!({ "name": container["name"] }))
        });
        let mut shown = json!({
            "containerOverrides": containers.collect::<Value>(),
            "inferenceAcceleratorOverrides": [],
        });
        for key in ["cpu", "memory", "executionRoleArn", "taskRoleArn", "ephemeralStorage"] {
            if !self.overrides[key].is_null() {
                shown[key] = self.overrides[key].clone();
            }
        }
        shown
    }

    fn show_times(&self, shown: &mut Value, now: i64) {
        let (pull_started, pull_stopped) = self.pulled();
        // What the end came before never happened.
        let end = self.stop.as_ref().map_or(i64::MAX, |stop| stop.at);
        for (key, at) in [
            ("connectivityAt", pull_started),
            ("pullStartedAt", pull_started),
            ("pullStoppedAt", pull_stopped),
            ("startedAt", self.started()),
        ] {
            if at <= now && at <= end {
                shown[key] = json!(seconds(at));
            }
        }
        if pull_started <= now {
            shown["connectivity"] = json!("CONNECTED");
        }
        let Some(stop) = self.stop.as_ref().filter(|stop| now >= stop.at) else {
            return;
        };
        shown["stopCode"] = json!(stop.code);
        shown["stoppedReason"] = json!(stop.reason);
        // What ends by itself has ended before ECS begins to stop the task.
        let ended = match stop.code.as_str() {
            "EssentialContainerExited" => stop.at,
            _ => stop.deprovisioning,
        };
        for (key, at) in [("stoppingAt", stop.at), ("executionStoppedAt", ended), ("stoppedAt", stop.stopped)] {
            if at <= now {
                shown[key] = json!(seconds(at));
            }
        }
    }

    pub(super) fn attachment_id(&self) -> String {
        dashed(&hash(&self.id))
    }

    fn attachments(&self, account: &Account) -> Value {
        let Some(eni) = &self.eni else {
            return json!([]);
        };
        let status = match self.status(account.now) {
            "PROVISIONING" => "ATTACHING",
            "DEPROVISIONING" | "STOPPED" => "DELETED",
            _ => "ATTACHED",
        };
        json!([{
            "id": self.attachment_id(),
            "type": "ElasticNetworkInterface",
            "status": status,
            "details": [
                {"name": "subnetId", "value": self.subnet},
                {"name": "networkInterfaceId", "value": eni},
                {"name": "macAddress", "value": ec2::mac(eni)},
                {"name": "privateDnsName", "value": ec2::private_name(account, &self.address)},
                {"name": "privateIPv4Address", "value": self.address},
            ],
        }])
    }

    fn container(&self, account: &Account, container: &Value) -> Value {
        let name = container["name"].as_str().unwrap_or_default();
        let id = dashed(&hash(&format!("{}{name}", self.id)));
        let now = account.now;
        let ended = self.stop.as_ref().filter(|stop| now >= stop.deprovisioning);
        let status = match self.status(now) {
            _ if ended.is_some() => "STOPPED",
            "RUNNING" | "DEACTIVATING" | "STOPPING" => "RUNNING",
            _ => "PENDING",
        };
        let checked = !container["healthCheck"].is_null();
        let mut shown = json!({
            "containerArn": account.arn("ecs", &format!("container/{}/{}/{id}", self.cluster, self.id)),
            "taskArn": self.arn,
            "name": name,
            "image": container["image"],
            "lastStatus": status,
            "healthStatus": self.health(now).filter(|_| checked).unwrap_or("UNKNOWN"),
            "networkInterfaces": [],
            "cpu": container["cpu"].to_string(),
        });
        for key in ["memory", "memoryReservation"] {
            if container[key].is_number() {
                shown[key] = json!(container[key].to_string());
            }
        }
        if let Some(digest) = self.digests.get(name) {
            shown["imageDigest"] = json!(digest);
        }
        if self.eni.is_some() {
            shown["networkInterfaces"] =
                json!([{"attachmentId": self.attachment_id(), "privateIpv4Address": self.address}]);
        }
        if status == "RUNNING" || ended.is_some_and(|stop| stop.exit.is_some()) {
            let number = u64::from_str_radix(&id[..8], 16).unwrap_or_default();
            shown["runtimeId"] = json!(format!("{}-{number:010}", self.id));
            shown["networkBindings"] = json!([]);
        }
        if let Some(stop) = ended.filter(|stop| !stop.container.is_empty()) {
            shown["reason"] = json!(stop.container);
        }
        // A container that never ran has no exit code: that is how a failed start is told from a failed program.
        if let Some(exit) = ended.and_then(|stop| stop.exit) {
            shown["exitCode"] = json!(exit);
        }
        shown
    }
}
