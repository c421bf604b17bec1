"""Prints the CloudFormation template of the role that labform takes in each student's account.

    labform policy destroy --split policies        # or `apply`: what the role may do in the lab of lab.yaml
    python3 member-role.py policies/destroy-*.json > member-role.json

It is made for a StackSet. The statements are those that `labform policy` prints, and no more.
"""

import json
import sys


def parameter(description, **more):
    return {"Type": "String", "Description": description, **more}


def template(policies):
    parts = {
        f"Part{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": "What labform may do in the lab", "PolicyDocument": policy},
        }
        for number, policy in enumerate(policies, 1)
    }
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": {"Ref": "HubRoles"}},
        "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
    }
    role = {
        "RoleName": {"Ref": "RoleName"},
        # AWS gives a role that comes from another role an hour at most.
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": [{"Ref": part} for part in parts],
    }
    return {
        "Description": "The role that labform takes in a student's account",
        "Parameters": {
            "HubRoles": parameter("The ARNs of the roles that may come in", Type="CommaDelimitedList"),
            "ExternalId": parameter("The class.csv's externalId", MinLength=2, NoEcho=True),
            "RoleName": parameter("The class.csv's role", Default="labform-class"),
        },
        "Resources": {**parts, "Role": {"Type": "AWS::IAM::Role", "Properties": role}},
    }


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    policies = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            policies.append(json.load(file))
    json.dump(template(policies), sys.stdout, indent=2)
    print()
