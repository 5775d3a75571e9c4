-- become_operator: the rest of the transaction has an operator's rights: nobody else adds to
-- the audit. Behind all that row-level security is to judge.
set local role mauntic_operator
