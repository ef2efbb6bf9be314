"""The HTTP API and who its callers are."""

from typing import Any

from tests.infrastructure.translation import Json, of_type


def the(template: Json, kind: str) -> dict[str, Any]:
    """Properties of the only resource of a type."""
    (properties,) = of_type(template, kind).values()
    return properties


def test_the_stage_is_api_deploys_itself_and_is_throttled(template: Json) -> None:
    stage = the(template, "AWS::ApiGatewayV2::Stage")
    assert (stage["StageName"], stage["AutoDeploy"]) == ("api", True)
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ThrottlingRateLimit"},
        "ThrottlingBurstLimit": {"Ref": "ThrottlingBurstLimit"},
    }
    environment = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
    assert environment["STAGE_NAME"] == stage["StageName"]


def test_the_log_of_requests_needs_no_room_in_the_accounts_resource_policy(template: Json) -> None:
    logged = the(template, "AWS::ApiGatewayV2::Stage")["AccessLogSettings"]
    assert logged["DestinationArn"]["Fn::Sub"].endswith(":log-group:${AccessLogs}")
    assert "\n" not in logged["Format"]
    name = template["Resources"]["AccessLogs"]["Properties"]["LogGroupName"]
    assert name == {"Fn::Sub": "/aws/vendedlogs/apigateway/${AWS::StackName}"}


def test_every_request_goes_to_the_api_function(template: Json) -> None:
    route = the(template, "AWS::ApiGatewayV2::Route")
    integration = the(template, "AWS::ApiGatewayV2::Integration")
    assert route["RouteKey"] == "$default"
    assert "AuthorizationType" not in route
    assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${ApiFunction}"
    assert integration["IntegrationUri"] == {"Fn::Sub": arn}


def test_only_this_api_may_invoke_the_function(template: Json) -> None:
    permission = template["Resources"]["HttpApiMayInvoke"]["Properties"]
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${HttpApi}/api/$default")


def test_browsers_of_the_named_origins_may_use_what_the_contract_needs(template: Json) -> None:
    cors = the(template, "AWS::ApiGatewayV2::Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == {"Ref": "CorsAllowOrigins"}
    assert "AllowCredentials" not in cors
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(cors["AllowHeaders"])
    assert {"retry-after", "etag", "www-authenticate"} <= set(cors["ExposeHeaders"])
    assert set(cors["AllowMethods"]) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


def test_a_user_pool_is_made_only_without_an_issuer(template: Json) -> None:
    assert template["Parameters"]["TokenIssuer"]["Default"] == ""
    assert template["Conditions"]["CreateUserPool"] == {"Fn::Equals": [{"Ref": "TokenIssuer"}, ""]}
    pool = {name: each for name, each in template["Resources"].items() if each["Type"].startswith("AWS::Cognito::")}
    assert set(pool) == {"UserPool", "UserPoolDomain", "ResourceServer", "UserClient", "MachineClient"}
    assert {each["Condition"] for each in pool.values()} == {"CreateUserPool"}


def test_the_api_trusts_the_pool_or_the_issuer_that_was_named(template: Json) -> None:
    environment = template["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
    condition, pool, named = environment["TOKEN_ISSUER"]["Fn::If"]
    assert (condition, named) == ("CreateUserPool", {"Ref": "TokenIssuer"})
    assert pool == {"Fn::Sub": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}"}
    condition, clients, named = environment["TOKEN_AUDIENCE"]["Fn::If"]
    assert (condition, named) == ("CreateUserPool", {"Ref": "TokenAudience"})
    assert clients == {"Fn::Sub": "${UserClient},${MachineClient}"}


def test_an_issuer_without_an_audience_is_refused_before_anything_is_made(template: Json) -> None:
    (rule,) = template["Rules"].values()
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "TokenIssuer"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "TokenAudience"}, ""]}]}


def test_nobody_gets_admin_by_asking_for_it(template: Json) -> None:
    clients = of_type(template, "AWS::Cognito::UserPoolClient")
    scopes = {name: set(each["AllowedOAuthScopes"]) for name, each in clients.items()}
    assert scopes == {
        "UserClient": {"openid", "email", "rasterloom/upload"},
        "MachineClient": {"rasterloom/upload", "rasterloom/admin"},
    }
    assert clients["MachineClient"]["GenerateSecret"] is True
    server = the(template, "AWS::Cognito::UserPoolResourceServer")
    assert {scope["ScopeName"] for scope in server["Scopes"]} == {"upload", "admin"}
    assert the(template, "AWS::Cognito::UserPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_the_outputs_are_those_that_tools_read(template: Json) -> None:
    assert {
        "ApiUrl",
        "ApiId",
        "BucketName",
        "TableName",
        "BuildsQueueUrl",
        "DlqUrl",
        "ParkedQueueUrl",
        "RegistrationsQueueUrl",
        "RegistrationsDlqUrl",
        "ApiFunctionName",
        "BuilderFunctionName",
        "RegistrarFunctionName",
        "ReconcilerFunctionName",
        "TokenIssuer",
        "TokenAudience",
    } == set(template["Outputs"])
