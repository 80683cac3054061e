"""What each caller may do, written by hand: a row for each operation, a group of letters for each column.

The letters of a group are for own, foreign and missing objects. An object is a caller's own where it takes
part in it; for those who oversee, own and foreign are objects of one market and of another (of a desk: its
own market and another).

    y  done, or answered with the object
    e  answered without it: in a list of what the caller may see it is not
    r  taken, and refused by its acknowledgement: the sender may not send this kind, or names another sender
    -  403, whatever the object
    .  404, no different from the answer for a missing object
    c  409: a name that belongs to somebody else, who is not named
    v  422: a host that is not the caller's
    u  401

A blank is no cell: of a list nothing can be missing, and one's only webhook is never another's.
"""

from typing import Final

from tests.web.matrix.parties import COLUMNS

_TABLE: Final = """
                      platf dso   tso   provi meter both  opera audit integ desk  d-aud nobody

submitDocument        yr    rr    yr    rr    rr    rr    --    --    --    --    --    uu
listDocuments         ye    ye    ye    ye    ye    ye    yy    yy    yy    --    --    uu
getDocument           y..   y..   y..   y..   y..   y..   yy.   yy.   yy.   ---   ---   uuu
getAcknowledgement    y..   y..   y..   y..   y..   y..   ---   ---   ---   ---   ---   uuu
listOutbox            ye    ye    ye    ye    ye    ye    --    --    --    --    --    uu
getMessage            y..   y..   y..   y..   y..   y..   ---   ---   ---   ---   ---   uuu
confirmMessage        y..   y..   y..   y..   y..   y..   ---   ---   ---   ---   ---   uuu
getWebhook            ye    ye    ye    ye    ye    ye    --    --    --    --    --    uu
setWebhook            yv    yv    yv    yv    yv    yv    --    --    --    --    --    uu
removeWebhook         y     y     y     y     y     y     --    --    --    --    --    uu

createGate            --    --    --    --    --    --    yy    --    --    y-    --    uu
listGates             ye    ye    ye    --    --    ye    yy    yy    --    ye    ye    uu
getGate               y..   y..   y..   ---   ---   y..   yy.   yy.   ---   y..   y..   uuu
amendGate             ---   ---   ---   ---   ---   ---   yy.   ---   ---   y..   ---   uuu
cancelGate            ---   ---   ---   ---   ---   ---   yy.   ---   ---   y..   ---   uuu
closeGate             y..   ---   ---   ---   ---   ---   yy.   ---   ---   y..   ---   uuu
putDemand             ---   ---   y..   ---   ---   ---   ---   ---   ---   ---   ---   uuu
takeBackDemand        ---   ---   y..   ---   ---   ---   ---   ---   ---   ---   ---   uuu
getDemand             ---   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
listHeldBids          y..   ---   ---   ---   ---   ---   ---   ---   ---   ---   ---   uuu
listRuns              y..   y..   y..   ---   ---   y..   yy.   yy.   ---   y..   y..   uuu
runAgain              ---   ---   ---   ---   ---   ---   yy.   ---   ---   y..   ---   uuu
listActivations       y..   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
getRun                y..   y..   y..   ---   ---   y..   yy.   yy.   ---   y..   y..   uuu
getMeritOrder         ---   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
getAvailability       y..   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
getChanges            y..   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
getExplanations       ---   y..   y..   ---   ---   y..   yy.   yy.   ---   y..   y..   uuu
getFairness           ---   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu
getNonDelivery        ---   ---   y..   ---   ---   ---   yy.   yy.   ---   y..   y..   uuu

putGridModel          ---   ycy   ycy   ---   ---   ycy   ---   ---   ---   ---   ---   uuu
listGridModels        ---   y..   y..   ---   ---   y..   ---   ---   ---   ---   ---   uuu
listGrids             --    ye    ye    --    --    ye    --    --    --    --    --    uu
listUnitsOfGrid       ---   y..   y..   ---   ---   y..   ---   ---   ---   ---   ---   uuu
listAssignmentRemarks ---   y..   y..   ---   ---   y..   ---   ---   ---   ---   ---   uuu
withdrawGridModel     ---   y..   y..   ---   ---   y..   ---   ---   ---   ---   ---   uuu
getResources          --    --    ye    --    --    --    --    --    --    --    --    uu
putResources          --    --    yc    --    --    --    --    --    --    --    --    uu
changeResources       --    --    yc    --    --    --    --    --    --    --    --    uu
checkResources        --    --    yc    --    --    --    --    --    --    --    --    uu
listResourceRemarks   --    --    --    --    --    --    yy    yy    --    --    --    uu
listConnectionPoints  --    --    yy    --    --    --    --    --    --    --    --    uu

listBacklogs          ye    ye    ye    ye    ye    ye    yy    yy    yy    --    --    uu
listWaitingMessages   ye    ye    ye    ye    ye    ye    yy    yy    yy    --    --    uu
listChannels          ye    ye    ye    ye    ye    ye    yy    yy    yy    --    --    uu
listDeadLetters       ye    ye    ye    ye    ye    ye    yy    yy    yy    --    --    uu
getDeadLetter         y..   y..   y..   y..   y..   y..   yy.   yy.   yy.   ---   ---   uuu
giveUpMessage         ---   ---   ---   ---   ---   ---   yy.   ---   ---   ---   ---   uuu
redriveDeadLetter     y..   y..   y..   y..   y..   y..   yy.   ---   ---   ---   ---   uuu
listRoutes            --    --    --    --    --    --    yy    yy    yy    --    --    uu

getToken              yuu   yuu   yuu   yuu   yuu   yuu   yuu   yuu   yuu   yuu   yuu   uuu
getKeys               y     y     y     y     y     y     y     y     y     y     y     y
getIssuerMetadata     y     y     y     y     y     y     y     y     y     y     y     y
getHealth             y     y     y     y     y     y     y     y     y     y     y     y
getReadiness          y     y     y     y     y     y     y     y     y     y     y     y
getLimits             y     y     y     y     y     y     y     y     y     y     y     y
getCanonicalSchema    y     y     y     y     y     y     y     y     y     y     y     y
"""


def _rows() -> dict[str, dict[str, str]]:
    lines = [line.split() for line in _TABLE.strip().splitlines()[1:] if line]
    return {operation: dict(zip(COLUMNS, cells, strict=True)) for operation, *cells in lines}


ROWS: Final = _rows()
"""Groups of letters by operation and column; blanks at their ends are left out."""
