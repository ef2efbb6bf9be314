"""cfn-lint finds nothing in the translated template, and would find what the untranslated one hides."""

import json

from tests.infrastructure.translation import REGION, Json, source, translated


def findings(template: Json) -> list[str]:
    """What cfn-lint says, each with its rule; its import takes seconds, so it is made by one worker only."""
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    matches = lint(json.dumps(template, indent=1), config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id} {match.message}" for match in matches]


def misspell_ref(template: Json) -> None:
    template["Globals"]["Function"]["Environment"]["Variables"]["BUILDS_QUEUE_URL"] = {"Ref": "BuildsQueu"}


def misspell_attribute(template: Json) -> None:
    statements = template["Resources"]["ApiRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    send = next(statement for statement in statements if statement.get("Sid") == "SendBuilds")
    send["Resource"] = {"Fn::GetAtt": ["BuildsQueue", "Arnn"]}


def misspell_condition(template: Json) -> None:
    template["Resources"]["UserPool"]["Condition"] = "MakeUserPool"


def hide_messages_too_briefly(template: Json) -> None:
    template["Resources"]["BuildsQueue"]["Properties"]["VisibilityTimeout"] = 30
    template["Resources"]["BuilderFunction"]["Properties"]["Timeout"] = 300


def test_cfn_lint_finds_each_of_these_mistakes_and_none_in_the_template(template: Json) -> None:
    assert findings(template) == []
    mistakes = {
        misspell_ref: "E1020",
        misspell_attribute: "E1010",
        misspell_condition: "E3015",
        hide_messages_too_briefly: "E3505",
    }
    wrong = source()
    for mistake in mistakes:
        mistake(wrong)
    assert set(mistakes.values()) <= {finding.split()[0] for finding in findings(translated(wrong))}
