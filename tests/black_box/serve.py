"""Makes three of each and lists them with page size one: prints the sizes of each list's pages."""

import json

import boto3

THREE = ["one", "two", "three"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}

ecs, ecr, elb, iam, logs, s3, index, ec2 = map(
    boto3.client, ["ecs", "ecr", "elbv2", "iam", "logs", "s3", "resourcegroupstaggingapi", "ec2"]
)
iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
subnets = ec2.describe_subnets()["Subnets"]
for name in THREE:
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": "app", "image": "x", "memory": 128}])
    ecr.create_repository(repositoryName=name)
    iam.create_role(RoleName=name, Path="/lab/", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="one", PolicyName=name, PolicyDocument=json.dumps(POLICY))
    iam.attach_role_policy(RoleName="one", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    logs.create_log_group(logGroupName=name, tags={"lab": "paged"})
    s3.create_bucket(Bucket=f"lab-{name}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="lab-one", Key=name, Body=b"text")
    elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"], TargetType="ip")
    balancer = elb.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets])
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
for port in [80, 81, 82]:
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[answer])

lists = [
    (ecs, "list_clusters", "clusterArns", {}),
    (ecs, "list_task_definitions", "taskDefinitionArns", {}),
    (ecr, "describe_repositories", "repositories", {}),
    (iam, "list_roles", "Roles", {"PathPrefix": "/lab/"}),
    (iam, "list_role_policies", "PolicyNames", {"RoleName": "one"}),
    (iam, "list_attached_role_policies", "AttachedPolicies", {"RoleName": "one"}),
    (logs, "describe_log_groups", "logGroups", {}),
    (s3, "list_buckets", "Buckets", {}),
    (s3, "list_objects_v2", "Contents", {"Bucket": "lab-one"}),
    (s3, "list_object_versions", "Versions", {"Bucket": "lab-one"}),
    (elb, "describe_load_balancers", "LoadBalancers", {}),
    (elb, "describe_target_groups", "TargetGroups", {}),
    (elb, "describe_listeners", "Listeners", {"LoadBalancerArn": balancer}),
    (index, "get_resources", "ResourceTagMappingList", {"TagFilters": [{"Key": "lab"}]}),
]
sizes = {}
for client, operation, key, parameters in lists:
    pages = client.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 1})
    sizes[operation] = [len(page[key]) for page in pages]
print(json.dumps(sizes))
